//! `/secrets`: whole environments.

mod pull;
mod push;
mod view;

use axum::routing::{get, post};
use coffer_domain::repo_role::{RepoRole, Scope};

use super::{Access, Route};

/// The environment, if a request names none.
const DEFAULT: &str = "default";

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    let reads = (Access::Vault(RepoRole::Read, Scope::ReadSecrets), 200);
    vec![
        Route::new(
            ("POST", "/secrets/push"),
            (Access::Vault(RepoRole::Write, Scope::WriteSecrets), 200),
            "makes an environment hold what is sent, and nothing else",
            &["repoFullName!", "environment", "secrets!"],
            post(push::push),
        ),
        Route::new(
            ("GET", "/secrets/pull"),
            reads,
            "reads an environment as lines of KEY=VALUE",
            &["repo!", "environment", "limit", "offset"],
            get(pull::pull),
        ),
        Route::new(
            ("GET", "/secrets/view"),
            reads,
            "reads a value by its key",
            &["repo!", "key!", "environment"],
            get(view::view),
        ),
    ]
}
