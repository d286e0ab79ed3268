//! `POST /api/secrets`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::{
    address::Version,
    canonical_uri::CanonicalUri,
    provider::{Change, Intent},
    secret_json::SecretJson,
};
use serde_json::{Value, json};

use super::good;
use crate::{
    app::App,
    canonical::{auth::Signed, deed::Deed, error::Failure, model::body::Unread, op::Op},
};

/// Creates or updates.
pub async fn create(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Failure> {
    signed.require(&app.canonical, Op::Write)?;
    let mut body = body.read().await?;
    let uri = body.uri("uri", app.canonical.settings.reading)?;
    Ok(good(&set(&app, &signed, uri, &body.value()?).await?))
}

/// The same for whoever has the scope.
pub async fn set(
    app: &App,
    signed: &Signed,
    uri: CanonicalUri,
    value: &SecretJson,
) -> Result<Value, Failure> {
    let deed = Deed::begin(app, signed, Op::Write, uri)?
        .of_a_secret()?
        .unpinned()?;
    let change = Change::of(deed.uri.fragment.as_ref(), value)?;
    let deed = deed.permitted().await?;
    let wrote = deed
        .provider
        .write(&deed.actor, &deed.uri, &change, Intent::Write)
        .await;
    let wrote = deed.end(wrote, |wrote| wrote.new)?;
    Ok(json!({
        "status": "ok",
        "uri": deed.uri.to_string(),
        "version": wrote.new.map(Version::get),
        "resource_ref": deed.resource_ref(),
    }))
}
