//! `PATCH /vaults/{owner}/{repo}/secrets/{id}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::{repo_role::Scope, usecase::secrets::PutOptions};
use serde_json::json;

use super::{find, full_name, strict_key};
use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, model::secret::SecretOut, notes::about, routes::Unread},
};

/// Renames a secret, or gives it another value, or both: the name first.
pub async fn update(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::WriteSecrets).await?;
    let mut fields = body.fields().await?;
    let name = fields
        .text("name")?
        .map(|text| strict_key("name", &text))
        .transpose()?;
    let value = fields.secret("value")?;
    if name.is_none() && value.is_none() {
        return Err(Problem::field("body", "must hold a name, a value, or both"));
    }
    let (_, mut address) = find(&app, &here, signed.param("id")).await?;
    if value
        .as_ref()
        .is_some_and(|value| value.len() > coffer_domain::secret_value::MAX_BYTES)
    {
        return Err(Problem::field("value", "must not exceed 65536 bytes"));
    }
    if let Some(name) = name {
        app.coffer.rename_secret(&here.caller, &address, &name).await?;
        address.name = name;
    }
    if let Some(value) = value {
        let present = app.coffer.read_secret(&here.caller, &address, None).await;
        // The same value makes no version; who may not read it cannot know, and makes one.
        if !present.is_ok_and(|present| present.value == value) {
            app.coffer
                .put_secret(&here.caller, &address, value, PutOptions::default())
                .await?;
        }
    }
    let now = app.coffer.describe_secret(&here.caller, &address).await?;
    let noted = [
        ("repoFullName", json!(full_name(&here))),
        ("environment", json!(now.environment.as_str())),
        ("key", json!(now.name.as_str())),
    ];
    signed.note(&app, "secret_updated", about(noted));
    Ok(signed.one(&SecretOut::of(&app, &now).await?))
}
