//! `GET /vaults/{owner}/{repo}/secrets/{id}/versions/{version}/value`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::repo_role::Scope;
use serde_json::json;

use super::{full_name, versions::find_version};
use crate::{
    app::App,
    keyway::{
        auth::Signed,
        error::Problem,
        model::{secret::VersionValueOut, text},
        notes::about,
    },
};

/// An earlier value.
pub async fn value(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::ReadSecrets).await?;
    let (address, version) = find_version(&app, &here, &signed).await?;
    let read = app
        .coffer
        .read_secret(&here.caller, &address, Some(version))
        .await?;
    let noted = [
        ("repoFullName", json!(full_name(&here))),
        ("environment", json!(address.place.environment.as_str())),
        ("key", json!(address.name.as_str())),
        ("versionNumber", json!(version.get())),
    ];
    signed.note(&app, "secret_version_value_accessed", about(noted));
    Ok(signed.one(&VersionValueOut {
        value: text::of(address.name.as_str(), &read.value)?,
        version_number: version.get(),
    }))
}
