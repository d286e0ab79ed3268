//! `POST /api/secrets`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::{canonical_uri::CanonicalUri, provider::Intent, secret_json::SecretJson};
use serde_json::Value;

use super::{
    good,
    put::{asked, put},
};
use crate::{
    app::App,
    canonical::{auth::Signed, error::Failure, model::body::Unread, op::Op},
};

/// Creates or updates.
pub async fn create(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Failure> {
    let (uri, value) = asked(&app, &signed, Op::Write, body).await?;
    Ok(good(&set(&app, &signed, uri, &value).await?))
}

/// The same for whoever has the scope.
pub async fn set(
    app: &App,
    signed: &Signed,
    uri: CanonicalUri,
    value: &SecretJson,
) -> Result<Value, Failure> {
    let done = put(app, signed, (Op::Write, Intent::Write), uri, value).await?;
    Ok(done.told("ok", [("version", done.new)]))
}
