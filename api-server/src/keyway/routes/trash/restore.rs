//! `POST /vaults/{owner}/{repo}/trash/{id}/restore`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::repo_role::Scope;
use serde_json::json;

use super::id;
use crate::{
    app::App,
    keyway::{
        auth::Signed,
        error::Problem,
        notes::about,
        routes::{Unread, secrets::full_name},
    },
};

/// Takes a secret out of the trash.
pub async fn restore(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::WriteSecrets).await?;
    body.fields().await?;
    let (organization, vault) = (&here.located.organization.name, &here.located.vault.name);
    let restored = app
        .coffer
        .restore_secret(&here.caller, organization, vault, id(signed.param("id"))?);
    let restored = restored.await?;
    let (key, environment) = (restored.name.as_str(), restored.environment.as_str());
    let noted = [
        ("repoFullName", json!(full_name(&here))),
        ("environment", json!(environment)),
        ("key", json!(key)),
    ];
    signed.note(&app, "secret_restored", about(noted));
    Ok(signed.one(&json!({
        "id": restored.id.to_string(),
        "key": key,
        "environment": environment,
        "message": format!("Restored {key}"),
    })))
}
