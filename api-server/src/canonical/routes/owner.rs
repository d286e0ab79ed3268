//! `POST /api/secrets/metadata/owner`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use serde_json::json;

use super::good;
use crate::{
    app::App,
    canonical::{auth::Signed, deed::Deed, error::Failure, model::body::Unread, op::Op},
};

/// Says whose a secret is.
pub async fn set(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Failure> {
    signed.require(&app.canonical, Op::SetOwner)?;
    let mut body = body.read().await?;
    let uri = body.uri("uri", app.canonical.settings.reading)?;
    let deed = Deed::begin(&app, &signed, Op::SetOwner, uri)?.versioned()?;
    let deed = deed.of_a_secret()?.whole()?.unpinned()?;
    let owner = body.owner()?;
    let deed = deed.permitted().await?;
    let custom = deed.provider.set_owner(&deed.actor, &deed.uri, &owner).await;
    let custom = deed.end(custom, |_| None)?;
    Ok(good(
        &json!({ "status": "ok", "uri": deed.uri.to_string(), "custom_metadata": custom }),
    ))
}
