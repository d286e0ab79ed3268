//! `DELETE /vaults/{owner}/{repo}/permissions/overrides/{id}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::repo_role::Scope;
use serde_json::json;

use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, notes::about, routes::secrets::full_name},
};

/// Deletes an override.
pub async fn delete(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::WriteSecrets).await?;
    app.keyway.cases.drop_override(&here, signed.param("id")).await?;
    signed.note(
        &app,
        "permission_changed",
        about([("repoFullName", json!(full_name(&here)))]),
    );
    Ok(signed.one(&json!({ "deleted": true })))
}
