//! `/vaults/{id}/certificates` and `/certificates/{id}`

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
            "/vaults/{id}/certificates",
            routing::get(list::list_certificates).post(create::create_certificate),
        ),
        (
            "/vaults/{id}/certificates/{item}",
            routing::get(get::get_certificate)
                .put(update::update_certificate)
                .delete(delete::delete_certificate),
        ),
        (
            "/vaults/{id}/certificates/{item}/download",
            routing::get(download::download_certificate),
        ),
        ("/certificates/{id}", routing::get(fetch::fetch_certificate)),
    ]
}
