//! `/organizations/{org}/vaults`

pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod patch;

use axum::routing;

use super::Route;

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    vec![
        (
            "/organizations/{org}/vaults",
            routing::post(create::create_vault).get(list::list_vaults),
        ),
        (
            "/organizations/{org}/vaults/{vault}",
            routing::get(get::get_vault)
                .patch(patch::patch_vault)
                .delete(delete::delete_vault),
        ),
    ]
}
