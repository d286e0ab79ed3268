//! `/auth`

mod callback;
mod device_poll;
mod device_start;
mod device_verify;
mod validate;

use axum::routing::{get, post};

use super::{Access, Route};

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    let open = (Access::Open, 200);
    vec![
        Route::new(
            ("POST", "/auth/device/start"),
            open,
            "gives out a device code",
            &["repository", "ownerId", "repoId"],
            post(device_start::start),
        ),
        Route::new(
            ("POST", "/auth/device/poll"),
            open,
            "tells what became of a device code",
            &["deviceCode!"],
            post(device_poll::poll),
        ),
        Route::new(
            ("GET", "/auth/device/verify"),
            open,
            "shows the page on which a person decides a device code",
            &["user_code"],
            get(device_verify::form),
        ),
        Route::new(
            ("POST", "/auth/device/verify"),
            open,
            "approves or refuses a device code",
            &["user_code!", "token!", "action"],
            post(device_verify::decide),
        ),
        Route::new(
            ("GET", "/auth/callback"),
            open,
            "takes a browser back that GitHub sends, and approves the device code that it was sent away for",
            &["code", "state", "error"],
            get(callback::callback),
        ),
        Route::new(
            ("POST", "/auth/token/validate"),
            (Access::Signed(None), 200),
            "tells whose token it is",
            &[],
            post(validate::validate),
        ),
    ]
}
