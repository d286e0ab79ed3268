//! `/vaults/{owner}/{repo}/trash`

mod empty;
mod list;
mod purge;
mod restore;

use axum::routing;
use coffer_domain::{
    id::SecretId,
    repo_role::{RepoRole, Scope},
};

use super::{Access, Route};
use crate::keyway::error::Problem;

const LIST: &str = "/vaults/{owner}/{repo}/trash";

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            ("GET", LIST),
            (Access::Vault(RepoRole::Read, Scope::ReadSecrets), 200),
            "lists what is in the trash",
            &["limit", "offset"],
            routing::get(list::list),
        ),
        Route::new(
            ("DELETE", LIST),
            (Access::Vault(RepoRole::Admin, Scope::DeleteSecrets), 200),
            "empties the trash",
            &[],
            routing::delete(empty::empty),
        ),
        Route::new(
            ("POST", "/vaults/{owner}/{repo}/trash/{id}/restore"),
            (Access::Vault(RepoRole::Write, Scope::WriteSecrets), 200),
            "takes a secret out of the trash",
            &[],
            routing::post(restore::restore),
        ),
        Route::new(
            ("DELETE", "/vaults/{owner}/{repo}/trash/{id}"),
            (Access::Vault(RepoRole::Write, Scope::DeleteSecrets), 204),
            "deletes a secret in the trash for ever",
            &[],
            routing::delete(purge::purge),
        ),
    ]
}

fn id(text: &str) -> Result<SecretId, Problem> {
    text.parse().map_err(|_| Problem::missing("trashed secret"))
}
