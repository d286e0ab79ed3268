//! `PATCH /vaults/{owner}/{repo}/environments/{name}/type`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::{entity::EnvironmentType, repo_role::Scope};
use serde_json::json;

use super::known_name;
use crate::{
    app::App,
    keyway::{
        auth::Signed,
        error::Problem,
        notes::about,
        routes::{Unread, secrets::full_name},
    },
};

/// Says what an environment is for, whatever its name says.
pub async fn set_type(
    State(app): State<Arc<App>>,
    signed: Signed,
    body: Unread,
) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::WriteSecrets).await?;
    let is = match body.fields().await?.required("type")?.as_str() {
        "protected" => EnvironmentType::Protected,
        "standard" => EnvironmentType::Standard,
        "development" => EnvironmentType::Development,
        _ => {
            return Err(Problem::field(
                "type",
                "must be protected, standard or development",
            ));
        }
    };
    let name = known_name(signed.param("name"))?;
    let old = here.located.vault.environment_type(&name);
    let (organization, vault) = (&here.located.organization.name, &here.located.vault.name);
    app.coffer
        .set_environment_type(&here.caller, organization, vault, &name, Some(is))
        .await?;
    let noted = [
        ("repoFullName", json!(full_name(&here))),
        ("environment", json!(name.as_str())),
    ];
    signed.note(&app, "environment_type_changed", about(noted));
    Ok(signed.one(&json!({ "environment": name.as_str(), "oldType": old, "newType": is })))
}
