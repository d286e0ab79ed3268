//! `GET /integrations/providers/{provider}/all-projects`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::repo_role::Scope;
use serde_json::json;

use super::provider;
use crate::{
    app::App,
    keyway::{
        auth::Signed,
        error::Problem,
        model::integration::{ConnectionOut, ProjectOut},
    },
};

/// The projects of all one's connections with a provider. A connection that fails hides none of the others'
/// projects; if all fail, that is said.
pub async fn list(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    signed.scope(&app, Scope::ReadSecrets).await?;
    let (cases, provider) = (&app.keyway.cases, provider(&signed)?);
    let mut connections = cases.connections(&signed.session).await?;
    connections.retain(|kept| kept.body.provider == provider);
    let (mut shown, mut failed) = (Vec::new(), None);
    let mut answered = connections.is_empty();
    for kept in &connections {
        match cases.projects(&kept.body).await {
            Ok(projects) => {
                let by = |project| ProjectOut::from(project).by(&kept.body);
                shown.extend(projects.into_iter().map(by));
                answered = true;
            }
            Err(error) => failed = Some(error),
        }
    }
    match failed {
        Some(error) if !answered => return Err(error.into()),
        _ => {}
    }
    let connections: Vec<ConnectionOut> = connections.iter().map(ConnectionOut::from).collect();
    Ok(signed.one(&json!({ "projects": shown, "connections": connections })))
}
