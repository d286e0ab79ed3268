//! `DELETE /vaults/{owner}/{repo}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::repo_role::Scope;
use serde_json::json;

use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, notes::about, page, routes::secrets::full_name},
};

/// Deletes a vault with all that is in it.
pub async fn delete(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    signed.scope(&app, Scope::DeleteSecrets).await?;
    // One that a plan made read-only can still be deleted: that is a way back below the limit.
    let here = signed.enter_as(&app, &signed.repo()?, false).await?;
    let (organization, vault) = (&here.located.organization.name, &here.located.vault);
    app.coffer
        .drop_vault(&here.caller, organization, &vault.name, None)
        .await?;
    app.keyway.cases.drop_links(&here.caller, vault.id).await?;
    let noted = [
        ("repoFullName", json!(full_name(&here))),
        ("vaultId", json!(vault.id.to_string())),
    ];
    signed.note(&app, "vault_deleted", about(noted));
    Ok(page::nothing())
}
