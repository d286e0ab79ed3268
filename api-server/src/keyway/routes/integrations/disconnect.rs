//! `DELETE /integrations/connections/{id}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::repo_role::Scope;
use serde_json::json;

use super::connection;
use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, notes::about, page},
};

/// Ends a connection: its token is forgotten, and what was linked by it is not any more.
pub async fn disconnect(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    signed.scope(&app, Scope::WriteSecrets).await?;
    let id = connection(&signed)?;
    let ended = app
        .keyway
        .cases
        .disconnect(&signed.session, id, signed.origin())
        .await?;
    let noted = about([("provider", json!(ended.provider.as_str()))]);
    signed.note(&app, "integration_disconnected", noted);
    Ok(page::nothing())
}
