//! `GET /github/repo-ids`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::Error;
use serde_json::json;

use crate::{
    app::App,
    http::{context::RequestContext, fields::MISSING, query::Query},
    keyway::{error::Problem, model::repo::Repo, page},
};

/// The forge's numbers of a repository and its owner. Asked without a token: of a private repository nothing is
/// told, as of one that does not exist.
pub async fn ids(
    State(app): State<Arc<App>>,
    context: RequestContext,
    uri: Uri,
) -> Result<Response, Problem> {
    let query = Query::lenient(uri.query());
    let text = query
        .text("repo")
        .ok_or_else(|| Problem::field("repo", MISSING))?;
    let repo = Repo::parse("repo", text)?;
    let found = app.keyway.cases.forge().repository(&repo.owner, &repo.name).await;
    let public = found.map_err(Error::from)?.filter(|found| !found.private);
    let told = json!({
        "ownerId": public.as_ref().map(|found| found.owner_id),
        "repoId": public.as_ref().map(|found| found.id),
    });
    Ok(page::one(&context, &told))
}
