//! `…/environments/{environment}/consumers`

pub mod list;

use axum::routing;

use super::Route;

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    vec![(
        "/organizations/{org}/vaults/{vault}/environments/{environment}/consumers",
        routing::get(list::list_consumers),
    )]
}
