//! `POST /vaults/{owner}/{repo}/secrets/{id}/versions/{version}/restore`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::repo_role::Scope;
use serde_json::json;

use super::{full_name, versions::find_version};
use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, notes::about, routes::Unread},
};

/// Makes an earlier value the present one, which becomes an earlier one in turn.
pub async fn restore(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::WriteSecrets).await?;
    body.fields().await?;
    let (address, version) = find_version(&app, &here, &signed).await?;
    app.coffer
        .roll_back_secret(&here.caller, &address, version)
        .await?;
    let key = address.name.as_str();
    let noted = [
        ("repoFullName", json!(full_name(&here))),
        ("environment", json!(address.place.environment.as_str())),
        ("key", json!(key)),
        ("versionNumber", json!(version.get())),
    ];
    signed.note(&app, "secret_version_restored", about(noted));
    let message = format!("Restored version {version} of {key}");
    Ok(signed.one(&json!({ "message": message, "key": key, "versionNumber": version.get() })))
}
