//! `DELETE /api-keys/{id}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::repo_role::Scope;
use serde_json::json;

use super::id;
use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, notes::about, page},
};

/// Revokes one of one's API keys, at once.
pub async fn revoke(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    signed.scope(&app, Scope::AdminApiKeys).await?;
    let id = id(signed.param("id"))?;
    let caller = signed.caller(&app).await?;
    app.coffer
        .revoke_user_key(&caller, id, "revoked by its user")
        .await?;
    signed.note(&app, "api_key_revoked", about([("keyId", json!(id.to_string()))]));
    Ok(page::nothing())
}
