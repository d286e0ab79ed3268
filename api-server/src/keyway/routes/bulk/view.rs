//! `GET /secrets/view`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::{name::SecretName, repo_role::Scope};
use serde_json::json;

use super::DEFAULT;
use crate::{
    app::App,
    http::{fields::MISSING, query::Query},
    keyway::{
        auth::Signed,
        error::Problem,
        model::{repo::Repo, secret::ViewOut, text},
        notes::about,
        routes::secrets::{full_name, place},
    },
};

/// A value by its key.
pub async fn view(State(app): State<Arc<App>>, signed: Signed, uri: Uri) -> Result<Response, Problem> {
    signed.scope(&app, Scope::ReadSecrets).await?;
    let query = Query::lenient(uri.query());
    let required = |name: &str| {
        let found = query.text(name).filter(|text| !text.is_empty());
        found.ok_or_else(|| Problem::field(name, MISSING))
    };
    let repo = Repo::parse("repo", required("repo")?)?;
    let key = required("key")?;
    let environment = query.text("environment").unwrap_or(DEFAULT);
    let here = signed.enter(&app, &repo, Scope::ReadSecrets).await?;
    let place = place(&here, environment).ok_or_else(|| Problem::missing("environment"))?;
    let name = SecretName::new(key).map_err(|_| Problem::missing("secret"))?;
    let read = app
        .coffer
        .read_secret(&here.caller, &place.secret(name), None)
        .await?;
    let noted = [
        ("repoFullName", json!(full_name(&here))),
        ("environment", json!(environment)),
        ("key", json!(key)),
    ];
    signed.note(&app, "secret_value_accessed", about(noted));
    let value = text::of(key, &read.value)?;
    Ok(signed.one(&ViewOut {
        key,
        value,
        environment,
    }))
}
