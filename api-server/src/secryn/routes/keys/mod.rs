//! `/vaults/{id}/keys` and `/keys/{id}`

pub mod create;
pub mod delete;
pub mod download;
pub mod fetch;
pub mod get;
pub mod list;
pub mod update;

use axum::routing;

use super::Route;

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    vec![
        (
            "/vaults/{id}/keys",
            routing::get(list::list_keys).post(create::create_key),
        ),
        (
            "/vaults/{id}/keys/{item}",
            routing::get(get::get_key)
                .put(update::update_key)
                .delete(delete::delete_key),
        ),
        (
            "/vaults/{id}/keys/{item}/download",
            routing::get(download::download_key),
        ),
        ("/keys/{id}", routing::get(fetch::fetch_key)),
    ]
}
