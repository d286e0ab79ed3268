//! `POST /integrations/vaults/{owner}/{repo}/sync`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::{
    repo_role::Scope,
    usecase::keyway::{Direction, SyncOutcome},
};
use serde_json::json;

use super::asked::Asked;
use crate::{
    app::App,
    keyway::{
        auth::Signed,
        error::Problem,
        model::integration::SyncOut,
        notes::about,
        plan,
        routes::{Unread, secrets::full_name},
    },
};

/// Copies to a provider, or imports from it. What the provider fails at is told with 200, as clients expect.
pub async fn sync(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Problem> {
    let here = signed.enter_as(&app, &signed.repo()?, false).await?;
    let read = body.fields().await.and_then(Asked::in_body);
    let direction = read.as_ref().ok().map(Asked::direction).transpose();
    // A key must have the scope of what it asks for; what it asks for badly takes the lesser one.
    let scope = match &direction {
        Ok(Some((Direction::Pull, _))) => Scope::WriteSecrets,
        _ => Scope::ReadSecrets,
    };
    signed.scope(&app, scope).await?;
    let (asked, direction) = (read?, direction?.unwrap_or((Direction::Push, false)));
    asked.connection()?;
    let copy = asked.copy(&app, &signed, asked.pair(&here)?).await?;
    if direction.0 == Direction::Pull {
        plan::check_writable(&app, &here).await?;
    }
    let (connection, request) = (&copy.connection.body, &copy.request);
    let outcome = app
        .keyway
        .cases
        .sync(&here, connection, request, direction)
        .await?;
    let way = match direction.0 {
        Direction::Push => "push",
        Direction::Pull => "pull",
    };
    let (told, status) = match outcome {
        SyncOutcome::Done(plan) => (SyncOut::done(&plan), "success"),
        SyncOutcome::Failed(why) => (SyncOut::failed(why), "failed"),
    };
    let noted = [
        ("repoFullName", json!(full_name(&here))),
        ("provider", json!(connection.provider.as_str())),
        ("projectId", json!(request.target.project)),
        ("environment", json!(request.environment.as_str())),
        ("direction", json!(way)),
        ("status", json!(status)),
    ];
    signed.note(&app, "integration_synced", about(noted));
    Ok(signed.one(&told))
}
