//! `/users/me` and `/activity`

mod me;
mod usage;

use axum::routing::get;

use super::{Access, Route, activity};

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    let signed = (Access::Signed(None), 200);
    vec![
        Route::new(("GET", "/users/me"), signed, "tells who one is", &[], get(me::me)),
        Route::new(
            ("GET", "/users/me/usage"),
            signed,
            "tells one's plan and use",
            &[],
            get(usage::usage),
        ),
        Route::new(
            ("GET", "/activity"),
            signed,
            "lists what one did",
            &["limit", "offset"],
            get(activity::list),
        ),
    ]
}
