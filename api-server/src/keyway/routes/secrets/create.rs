//! `POST /vaults/{owner}/{repo}/secrets`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::{Error, metadata::Metadata, repo_role::Scope, usecase::secrets::NewSecret};
use serde_json::json;

use super::{full_name, place_to_write, strict_key};
use crate::{
    app::App,
    http::fields::MISSING,
    keyway::{auth::Signed, error::Problem, model::secret::SecretOut, notes::about, page, routes::Unread},
};

/// Makes a secret.
pub async fn create(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::WriteSecrets).await?;
    let mut fields = body.fields().await?;
    let name = strict_key("key", &fields.required("key")?)?;
    let value = fields
        .secret("value")?
        .ok_or_else(|| Problem::field("value", MISSING))?;
    let environment = fields
        .text("environment")?
        .unwrap_or_else(|| "default".to_owned());
    let place = place_to_write(&here, &environment)?;
    let new = NewSecret {
        name: name.clone(),
        value,
        metadata: Metadata::default(),
    };
    let made = app.coffer.create_secrets(&here.caller, &place, &[new]).await?;
    let made = made
        .first()
        .ok_or_else(|| Error::Internal("nothing was made".to_owned()))?;
    let noted = [
        ("repoFullName", json!(full_name(&here))),
        ("environment", json!(environment)),
        ("key", json!(name.as_str())),
    ];
    signed.note(&app, "secret_created", about(noted));
    let mut shown = SecretOut::of(&app, &made.secret).await?;
    shown.status = Some("created");
    Ok(page::made(&signed.context, &shown))
}
