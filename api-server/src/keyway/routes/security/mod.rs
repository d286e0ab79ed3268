//! `/vaults/{owner}/{repo}/security`

mod alerts;

use axum::routing::get;
use coffer_domain::repo_role::{RepoRole, Scope};

use super::{Access, Route};

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    vec![Route::new(
        ("GET", "/vaults/{owner}/{repo}/security/alerts"),
        (Access::Vault(RepoRole::Read, Scope::ReadSecrets), 200),
        "lists devices that were new to a vault",
        &["limit", "offset"],
        get(alerts::list),
    )]
}
