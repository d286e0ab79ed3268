//! `/vaults/{id}/access-keys`

pub mod create;
pub mod delete;
pub mod list;

use axum::routing;

use super::Route;

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    vec![
        (
            "/vaults/{id}/access-keys",
            routing::get(list::list_access_keys).post(create::create_access_key),
        ),
        (
            "/vaults/{id}/access-keys/{item}",
            routing::delete(delete::delete_access_key),
        ),
    ]
}
