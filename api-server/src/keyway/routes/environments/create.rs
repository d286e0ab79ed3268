//! `POST /vaults/{owner}/{repo}/environments`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::repo_role::Scope;
use serde_json::json;

use super::{DoneOut, new_name};
use crate::{
    app::App,
    keyway::{
        auth::Signed,
        error::Problem,
        notes::about,
        page, plan,
        routes::{Unread, secrets::full_name},
    },
};

/// Adds an environment.
pub async fn create(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::WriteSecrets).await?;
    let name = new_name("name", &body.fields().await?.required("name")?)?;
    let (organization, vault) = (&here.located.organization.name, &here.located.vault);
    if app.keyway.settings.plan_limits
        && vault.environments.len() >= plan::ENVIRONMENTS
        && !vault.environments.contains(&name)
    {
        return Err(plan::limit("the free plan has four environments in a vault"));
    }
    let now = app
        .coffer
        .add_environment(&here.caller, organization, &vault.name, &name)
        .await?;
    let noted = [
        ("repoFullName", json!(full_name(&here))),
        ("environment", json!(name.as_str())),
    ];
    signed.note(&app, "environment_created", about(noted));
    let done = DoneOut::of(json!({ "environment": name.as_str() }), &now);
    Ok(page::made(&signed.context, &done))
}
