//! `GET /api-keys/{id}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::repo_role::Scope;

use super::id;
use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, model::api_key::KeyOut},
};

/// One of one's API keys.
pub async fn get(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    signed.scope(&app, Scope::AdminApiKeys).await?;
    let id = id(signed.param("id"))?;
    let found = app.coffer.list_user_keys(&signed.caller(&app).await?).await?;
    let key = found
        .iter()
        .find(|key| key.id == id)
        .ok_or_else(|| Problem::missing("API key"))?;
    Ok(signed.one(&KeyOut::of(key, app.coffer.clock().now())))
}
