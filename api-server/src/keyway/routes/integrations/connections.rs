//! `GET /integrations/connections`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::repo_role::Scope;
use serde_json::json;

use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, model::integration::ConnectionOut},
};

/// One's own connections.
pub async fn list(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    signed.scope(&app, Scope::ReadSecrets).await?;
    let found = app.keyway.cases.connections(&signed.session).await?;
    let shown: Vec<ConnectionOut> = found.iter().map(ConnectionOut::from).collect();
    Ok(signed.one(&json!({ "connections": shown })))
}
