//! `GET /api/secrets/versions`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::{
    address::Version,
    canonical_uri::CanonicalUri,
    provider::{History, Shift},
};
use serde_json::{Value, json};

use super::good;
use crate::{
    app::App,
    canonical::{auth::Signed, deed::Deed, error::Failure, model::history, op::Op, query::Query},
};

/// Lists versions.
pub async fn versions(State(app): State<Arc<App>>, signed: Signed, uri: Uri) -> Result<Response, Failure> {
    let (uri, found) = look(&app, &signed, &uri).await?;
    Ok(good(&history::versions(&uri, &found)))
}

/// The versions of the path in the query; a fragment does not count.
pub async fn look(app: &App, signed: &Signed, uri: &Uri) -> Result<(CanonicalUri, History), Failure> {
    signed.require(&app.canonical, Op::Metadata)?;
    let uri = Query::read(uri.query())?
        .uri(app.canonical.settings.reading)?
        .whole();
    let deed = Deed::begin(app, signed, Op::Metadata, uri)?
        .versioned()?
        .of_a_secret()?;
    let deed = deed.permitted().await?;
    let found = deed.provider.history(&deed.actor, &deed.uri).await;
    let found = deed.end(found, |found| Version::new(found.current))?;
    Ok((deed.uri, found))
}

/// Moves versions, for whoever has the scope.
pub async fn shift(
    app: &App,
    signed: &Signed,
    (uri, versions): (CanonicalUri, &[Version]),
    shift: Shift,
) -> Result<Value, Failure> {
    let (op, status) = match shift {
        Shift::Undelete => (Op::Undelete, "undeleted"),
        Shift::Destroy => (Op::DestroyVersions, "destroyed"),
    };
    let deed = Deed::begin(app, signed, op, uri)?.versioned()?;
    let deed = deed.of_a_secret()?.whole()?.unpinned()?;
    let deed = deed.permitted().await?;
    let moved = deed.provider.shift(&deed.actor, &deed.uri, versions, shift).await;
    let moved = deed.end(moved, |moved| moved.applied.last().copied())?;
    let numbers = |versions: &[Version]| versions.iter().map(|version| version.get()).collect::<Vec<_>>();
    Ok(json!({
        "status": status,
        "uri": deed.uri.to_string(),
        "versions": numbers(versions),
        "applied": numbers(&moved.applied),
        "skipped": numbers(&moved.skipped),
    }))
}
