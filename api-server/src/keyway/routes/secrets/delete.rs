//! `DELETE /vaults/{owner}/{repo}/secrets/{id}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::{repo_role::Scope, usecase::secrets::KEPT_IN_TRASH};
use serde_json::json;

use super::{find, full_name};
use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, notes::about, page},
};

/// Puts a secret into the trash.
pub async fn delete(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::DeleteSecrets).await?;
    let (_, address) = find(&app, &here, signed.param("id")).await?;
    app.coffer
        .trash_secret(&here.caller, &address, KEPT_IN_TRASH)
        .await?;
    let noted = [
        ("repoFullName", json!(full_name(&here))),
        ("environment", json!(address.place.environment.as_str())),
        ("key", json!(address.name.as_str())),
    ];
    signed.note(&app, "secret_deleted", about(noted));
    Ok(page::nothing())
}
