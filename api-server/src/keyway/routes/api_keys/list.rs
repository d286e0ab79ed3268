//! `GET /api-keys`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::repo_role::Scope;
use serde_json::json;

use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, model::api_key::KeyOut},
};

/// One's API keys, newest first, revoked ones too.
pub async fn list(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    signed.scope(&app, Scope::AdminApiKeys).await?;
    let now = app.coffer.clock().now();
    app.coffer.note_key_usage().await?;
    let found = app.coffer.list_user_keys(&signed.caller(&app).await?).await?;
    let keys: Vec<KeyOut> = found.iter().map(|key| KeyOut::of(key, now)).collect();
    Ok(signed.one(&json!({ "keys": keys })))
}
