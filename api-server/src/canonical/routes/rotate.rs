//! `POST /api/secrets/rotate`

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

/// Puts another value in the place of one.
pub async fn rotate(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Failure> {
    let (uri, value) = asked(&app, &signed, Op::Rotate, body).await?;
    Ok(good(&turn(&app, &signed, uri, &value).await?))
}

/// The same for whoever has the scope.
pub async fn turn(
    app: &App,
    signed: &Signed,
    uri: CanonicalUri,
    value: &SecretJson,
) -> Result<Value, Failure> {
    let done = put(app, signed, (Op::Rotate, Intent::Rotate), uri, value).await?;
    Ok(done.told("rotated", [("old_version", done.old), ("new_version", done.new)]))
}
