//! `/vaults/{owner}/{repo}/permissions`

mod create;
mod delete;
mod effective;
mod list;
mod reset;
mod update;

use axum::routing;
use coffer_domain::repo_role::{RepoRole, Scope};

use super::{Access, Route};

const LIST: &str = "/vaults/{owner}/{repo}/permissions/overrides";
const ONE: &str = "/vaults/{owner}/{repo}/permissions/overrides/{id}";

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    let reads = (Access::Vault(RepoRole::Read, Scope::ReadSecrets), 200);
    let manages = (Access::Vault(RepoRole::Admin, Scope::WriteSecrets), 200);
    vec![
        Route::new(
            ("GET", LIST),
            reads,
            "lists overrides",
            &[],
            routing::get(list::list),
        ),
        Route::new(
            ("POST", LIST),
            manages,
            "makes an override",
            &[
                "environment!",
                "targetType!",
                "targetUserId",
                "targetRole",
                "canRead!",
                "canWrite!",
            ],
            routing::post(create::create),
        ),
        Route::new(
            ("PUT", ONE),
            manages,
            "changes an override",
            &["canRead", "canWrite"],
            routing::put(update::update),
        ),
        Route::new(
            ("DELETE", ONE),
            manages,
            "deletes an override",
            &[],
            routing::delete(delete::delete),
        ),
        Route::new(
            ("DELETE", "/vaults/{owner}/{repo}/permissions/reset"),
            manages,
            "deletes all overrides",
            &[],
            routing::delete(reset::reset),
        ),
        Route::new(
            ("GET", "/vaults/{owner}/{repo}/permissions/effective"),
            reads,
            "tells what one may do in each environment",
            &[],
            routing::get(effective::effective),
        ),
    ]
}
