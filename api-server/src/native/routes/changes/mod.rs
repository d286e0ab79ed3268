//! `/organizations/{org}/changes`

mod feed;
pub mod stream;

use axum::routing;

use super::Route;

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    vec![(
        "/organizations/{org}/changes",
        routing::get(stream::stream_changes),
    )]
}
