//! `PATCH /vaults/{owner}/{repo}/environments/{name}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::repo_role::Scope;
use serde_json::json;

use super::{DoneOut, known_name, new_name};
use crate::{
    app::App,
    keyway::{
        auth::Signed,
        error::Problem,
        notes::about,
        routes::{Unread, secrets::full_name},
    },
};

/// Renames an environment; its secrets, its trash and its overrides go along.
pub async fn rename(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::WriteSecrets).await?;
    let to = new_name("newName", &body.fields().await?.required("newName")?)?;
    let from = known_name(signed.param("name"))?;
    let (organization, vault) = (&here.located.organization.name, &here.located.vault.name);
    let renamed = app
        .coffer
        .rename_environment(&here.caller, organization, vault, (&from, &to));
    let now = renamed.await?;
    app.keyway.cases.move_overrides(&here, &from, &to).await?;
    let noted = [
        ("repoFullName", json!(full_name(&here))),
        ("oldName", json!(from.as_str())),
        ("newName", json!(to.as_str())),
    ];
    signed.note(&app, "environment_renamed", about(noted));
    let done = json!({ "oldName": from.as_str(), "newName": to.as_str() });
    Ok(signed.one(&DoneOut::of(done, &now)))
}
