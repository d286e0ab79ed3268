//! `/organizations/{org}/audit`

pub mod list;
pub mod verify;

use axum::routing;

use super::Route;

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    vec![
        ("/organizations/{org}/audit", routing::get(list::list_audit)),
        (
            "/organizations/{org}/audit:verify",
            routing::get(verify::verify_audit).post(verify::verify_audit),
        ),
    ]
}
