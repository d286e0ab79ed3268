//! `/orgs`

mod start_trial;
mod trial;

use axum::routing::{get, post};

use super::{Access, Route};

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    let signed = (Access::Signed(None), 200);
    vec![
        Route::new(
            ("GET", "/orgs/{org}/trial"),
            signed,
            "shows an organization's trial",
            &[],
            get(trial::trial),
        ),
        Route::new(
            ("POST", "/orgs/{org}/trial/start"),
            signed,
            "begins an organization's trial",
            &[],
            post(start_trial::start),
        ),
    ]
}
