//! `/vaults`

pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod update;

use axum::routing;

use super::Route;

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    vec![
        (
            "/vaults",
            routing::get(list::list_vaults).post(create::create_vault),
        ),
        (
            "/vaults/{id}",
            routing::get(get::get_vault)
                .put(update::update_vault)
                .delete(delete::delete_vault),
        ),
    ]
}
