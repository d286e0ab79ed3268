//! `/vaults`

mod collaborators;
mod create;
mod delete;
mod get;
mod list;

use axum::routing;
use coffer_domain::repo_role::{RepoRole, Scope};

use super::{Access, Route};

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            ("GET", "/vaults"),
            (Access::Signed(Some(Scope::ReadSecrets)), 200),
            "lists the vaults one has a role on",
            &["limit", "offset"],
            routing::get(list::list),
        ),
        Route::new(
            ("POST", "/vaults"),
            (Access::Vault(RepoRole::Admin, Scope::WriteSecrets), 201),
            "makes the vault of a repository",
            &["repoFullName!"],
            routing::post(create::create),
        ),
        Route::new(
            ("GET", "/vaults/{owner}/{repo}"),
            (Access::Vault(RepoRole::Read, Scope::ReadSecrets), 200),
            "shows a vault",
            &[],
            routing::get(get::get),
        ),
        Route::new(
            ("DELETE", "/vaults/{owner}/{repo}"),
            (Access::Vault(RepoRole::Admin, Scope::DeleteSecrets), 204),
            "deletes a vault with all that is in it",
            &[],
            routing::delete(delete::delete),
        ),
        Route::new(
            ("GET", "/vaults/{owner}/{repo}/collaborators"),
            (Access::Vault(RepoRole::Admin, Scope::ReadSecrets), 200),
            "lists who has a role on the repository",
            &[],
            routing::get(collaborators::list),
        ),
    ]
}
