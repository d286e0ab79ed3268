//! `GET /integrations/connections/{id}/projects`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::repo_role::Scope;
use serde_json::json;

use super::connection;
use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, model::integration::ProjectOut},
};

/// The projects that a connection reaches.
pub async fn list(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    signed.scope(&app, Scope::ReadSecrets).await?;
    let (cases, id) = (&app.keyway.cases, connection(&signed)?);
    let found = cases.connection(&signed.session, id).await?;
    let projects = cases.projects(&found.body).await?.into_iter();
    let shown: Vec<ProjectOut> = projects.map(ProjectOut::from).collect();
    Ok(signed.one(&json!({ "projects": shown })))
}
