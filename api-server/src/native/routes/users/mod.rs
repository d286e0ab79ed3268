//! `/organizations/{org}/users`

pub mod patch;

use axum::routing;

use super::Route;

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    vec![(
        "/organizations/{org}/users/{email}",
        routing::patch(patch::patch_user),
    )]
}
