//! `DELETE /vaults/{owner}/{repo}/trash`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::repo_role::Scope;
use serde_json::json;

use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, notes::about, routes::secrets::full_name},
};

/// Empties the trash.
pub async fn empty(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::DeleteSecrets).await?;
    let (organization, vault) = (&here.located.organization.name, &here.located.vault.name);
    let deleted = app.coffer.empty_trash(&here.caller, organization, vault).await?;
    let noted = [
        ("repoFullName", json!(full_name(&here))),
        ("deleted", json!(deleted)),
    ];
    signed.note(&app, "secret_permanently_deleted", about(noted));
    Ok(signed.one(&json!({ "deleted": deleted, "message": format!("Deleted {deleted} secrets for ever") })))
}
