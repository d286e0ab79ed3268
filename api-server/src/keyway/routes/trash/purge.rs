//! `DELETE /vaults/{owner}/{repo}/trash/{id}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::repo_role::Scope;
use serde_json::json;

use super::id;
use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, notes::about, page, routes::secrets::full_name},
};

/// Deletes a secret in the trash for ever.
pub async fn purge(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::DeleteSecrets).await?;
    let (organization, vault) = (&here.located.organization.name, &here.located.vault.name);
    let id = id(signed.param("id"))?;
    app.coffer
        .purge_secret(&here.caller, organization, vault, id)
        .await?;
    let noted = [("repoFullName", json!(full_name(&here))), ("deleted", json!(1))];
    signed.note(&app, "secret_permanently_deleted", about(noted));
    Ok(page::nothing())
}
