//! `POST /orgs/{org}/members/sync`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::repo_role::Scope;
use serde_json::json;

use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, routes::Unread},
};

/// Compares who is in an organization with who was in it last time, for its owners.
pub async fn sync(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Problem> {
    signed.scope(&app, Scope::WriteSecrets).await?;
    body.fields().await?;
    let cases = &app.keyway.cases;
    let compared = cases.compare_members(&signed.session, signed.param("org"), signed.origin());
    let compared = compared.await?;
    Ok(signed.one(&json!({
        "message": "The members are those at the forge",
        "added": compared.added,
        "updated": compared.updated,
        "removed": compared.removed,
    })))
}
