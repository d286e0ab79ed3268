//! `DELETE /vaults/{owner}/{repo}/permissions/reset`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::repo_role::Scope;
use serde_json::json;

use crate::{
    app::App,
    keyway::{
        auth::Signed, error::Problem, model::override_::defaults, notes::about, routes::secrets::full_name,
    },
};

/// Deletes all overrides of a vault.
pub async fn reset(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::WriteSecrets).await?;
    app.keyway.cases.reset_overrides(&here).await?;
    signed.note(
        &app,
        "permission_changed",
        about([("repoFullName", json!(full_name(&here)))]),
    );
    Ok(signed
        .one(&json!({ "message": "All overrides are deleted", "defaults": defaults(&app, &here).await? })))
}
