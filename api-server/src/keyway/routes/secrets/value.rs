//! `GET /vaults/{owner}/{repo}/secrets/{id}/value`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::repo_role::Scope;
use serde_json::json;

use super::{find, full_name};
use crate::{
    app::App,
    keyway::{
        auth::Signed,
        error::Problem,
        model::{secret::ValueOut, text},
        notes::about,
    },
};

/// A value.
pub async fn value(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::ReadSecrets).await?;
    let (_, address) = find(&app, &here, signed.param("id")).await?;
    let read = app.coffer.read_secret(&here.caller, &address, None).await?;
    let noted = [
        ("repoFullName", json!(full_name(&here))),
        ("environment", json!(address.place.environment.as_str())),
        ("key", json!(address.name.as_str())),
    ];
    signed.note(&app, "secret_value_accessed", about(noted));
    let value = text::of(address.name.as_str(), &read.value)?;
    Ok(signed.one(&ValueOut {
        value,
        preview: text::preview(value),
    }))
}
