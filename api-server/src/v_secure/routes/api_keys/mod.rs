//! `/api-keys`

pub mod create;
pub mod get;
pub mod list;
pub mod revoke;
pub mod rotate;
pub mod update;
pub mod usage;

use axum::routing;
use coffer_domain::id::ApiKeyId;

use super::Route;
use crate::v_secure::{error::ApiError, id};

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    vec![
        (
            "/api-keys",
            routing::get(list::list_keys).post(create::create_key),
        ),
        (
            "/api-keys/{id}",
            routing::get(get::get_key)
                .put(update::update_key)
                .delete(revoke::revoke_key),
        ),
        ("/api-keys/{id}/rotate", routing::post(rotate::rotate_key)),
        ("/api-keys/{id}/usage", routing::get(usage::key_usage)),
    ]
}

/// The key that a path names.
fn key(text: &str) -> Result<ApiKeyId, ApiError> {
    id::parse(id::KEY, text).ok_or_else(|| ApiError::NotFound("API key", text.to_owned()))
}
