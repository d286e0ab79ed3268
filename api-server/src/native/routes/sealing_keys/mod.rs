//! `/organizations/{org}/vaults/{vault}/sealing-keys`

pub mod create;
pub mod list;

use axum::routing;

use super::Route;

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    vec![(
        "/organizations/{org}/vaults/{vault}/sealing-keys",
        routing::get(list::list_sealing_keys).post(create::create_sealing_key),
    )]
}
