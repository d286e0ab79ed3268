//! `GET /secrets/pull`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::{repo_role::Scope, usecase::secrets::Span};
use serde_json::json;

use super::DEFAULT;
use crate::{
    app::App,
    http::{fields::MISSING, query::Query},
    keyway::{
        auth::Signed,
        dotenv,
        error::{NOT_FOUND, Problem},
        model::{repo::Repo, secret::ContentOut, text},
        notes::{about, is_command},
        routes::secrets::{full_name, place},
    },
};

/// An environment as lines of `KEY=VALUE`, in the order of their making.
pub async fn pull(State(app): State<Arc<App>>, signed: Signed, uri: Uri) -> Result<Response, Problem> {
    signed.scope(&app, Scope::ReadSecrets).await?;
    let query = Query::lenient(uri.query());
    let repo = query.text("repo").filter(|repo| !repo.is_empty());
    let repo = Repo::parse("repo", repo.ok_or_else(|| Problem::field("repo", MISSING))?)?;
    let environment = query.text("environment").unwrap_or(DEFAULT);
    let span = span(&query)?;
    let here = signed.enter(&app, &repo, Scope::ReadSecrets).await?;
    let place = place(&here, environment).ok_or_else(|| Problem::missing("environment"))?;
    let read = app.coffer.read_environment(&here.caller, &place, span).await?;
    if read.is_empty() {
        return Err(Problem::new(
            NOT_FOUND,
            format!("no secrets in environment {environment}"),
        ));
    }
    let mut pairs = Vec::with_capacity(read.len());
    for one in &read {
        let name = one.secret.name.as_str();
        pairs.push((name, text::of(name, &one.value)?));
    }
    let content = dotenv::write(pairs);
    if is_command(&signed) {
        let from = (signed.agent.as_deref(), signed.context.0.peer.to_string());
        let watched = app
            .keyway
            .cases
            .watch_pull(&signed.session, &here, (from.0, &from.1))
            .await;
        // What was read is on record already: a pull does not fail for want of an alert.
        if let Err(error) = watched {
            tracing::warn!(%error, "a device that may be new was not noted");
        }
    }
    let noted = [
        ("repoFullName", json!(full_name(&here))),
        ("vaultId", json!(here.located.vault.id.to_string())),
        ("environment", json!(environment)),
        ("secretCount", json!(read.len())),
    ];
    signed.note(&app, "secrets_pulled", about(noted));
    Ok(signed.one(&ContentOut { content: &content }))
}

fn span(query: &Query<'_>) -> Result<Span, Problem> {
    let limit = query.number("limit")?;
    if limit.is_some_and(|limit| !(1..=1000).contains(&limit)) {
        return Err(Problem::field("limit", "must be 1 to 1000"));
    }
    let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    Ok(Span {
        skip: size(query.number("offset")?.unwrap_or(0)),
        limit: limit.map_or(usize::MAX, size),
    })
}
