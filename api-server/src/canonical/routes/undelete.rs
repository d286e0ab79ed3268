//! `POST /api/secrets/undelete`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::provider::Shift;

use super::{good, versions::shift};
use crate::{
    app::App,
    canonical::{auth::Signed, error::Failure, model::body::Unread, op::Op},
};

/// Undeletes versions.
pub async fn undelete(
    State(app): State<Arc<App>>,
    signed: Signed,
    body: Unread,
) -> Result<Response, Failure> {
    signed.require(&app.canonical, Op::Undelete)?;
    let mut body = body.read().await?;
    let uri = body.uri("uri", app.canonical.settings.reading)?;
    let versions = body.versions()?;
    Ok(good(
        &shift(&app, &signed, (uri, &versions), Shift::Undelete).await?,
    ))
}
