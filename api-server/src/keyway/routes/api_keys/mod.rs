//! `/api-keys`

mod create;
mod get;
mod list;
mod revoke;

use axum::routing;
use coffer_domain::{id::ApiKeyId, repo_role::Scope};

use super::{Access, Route};
use crate::keyway::error::Problem;

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    let manages = Access::Signed(Some(Scope::AdminApiKeys));
    vec![
        Route::new(
            ("GET", "/api-keys"),
            (manages, 200),
            "lists one's API keys",
            &[],
            routing::get(list::list),
        ),
        Route::new(
            ("POST", "/api-keys"),
            (manages, 200),
            "makes an API key",
            &["name!", "environment!", "scopes!", "expiresInDays", "allowedIps"],
            routing::post(create::create),
        ),
        Route::new(
            ("GET", "/api-keys/{id}"),
            (manages, 200),
            "shows an API key",
            &[],
            routing::get(get::get),
        ),
        Route::new(
            ("DELETE", "/api-keys/{id}"),
            (manages, 204),
            "revokes an API key",
            &[],
            routing::delete(revoke::revoke),
        ),
    ]
}

fn id(text: &str) -> Result<ApiKeyId, Problem> {
    text.parse().map_err(|_| Problem::field("id", "must be a UUID"))
}
