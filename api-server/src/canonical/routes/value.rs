//! `GET /api/secrets/value`

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, Uri},
    response::Response,
};
use coffer_domain::{
    canonical_uri::CanonicalUri,
    provider::{Found, ProviderFault},
};
use serde::Serialize;
use serde_json::Value;

use crate::{
    app::App,
    canonical::{auth::Signed, deed::Deed, error::Failure, op::Op, query::Query},
    http::respond,
};

const VERSION: HeaderName = HeaderName::from_static("x-secret-version");
const REFERENCE: HeaderName = HeaderName::from_static("x-resource-ref");

/// One key's value.
#[derive(Serialize)]
struct One<'a> {
    value: &'a Value,
}

/// Reads a value.
pub async fn value(State(app): State<Arc<App>>, signed: Signed, uri: Uri) -> Result<Response, Failure> {
    signed.require(&app.canonical, Op::Read)?;
    let uri = Query::read(uri.query())?.uri(app.canonical.settings.reading)?;
    let deed = Deed::begin(&app, &signed, Op::Read, uri)?;
    let deed = if deed.uri.version.is_some() {
        deed.versioned()?
    } else {
        deed
    };
    let deed = if deed.provider.keeps_versions() {
        deed.of_a_secret()?
    } else {
        deed
    };
    shown(deed).await
}

/// What a URI reads as: the map, or the value of one key.
pub async fn shown(deed: Deed<'_>) -> Result<Response, Failure> {
    let deed = deed.permitted().await?;
    let found = deed.provider.read(&deed.actor, &deed.uri).await;
    let found = found.and_then(|found| part(&deed.uri, found));
    let found = deed.end(found, |found| found.version)?;
    let mut response = match &deed.uri.fragment {
        Some(_) => respond::json(
            StatusCode::OK,
            &One {
                value: found.value.reveal(),
            },
        ),
        None => respond::json(StatusCode::OK, found.value.reveal()),
    };
    if let Some(version) = found.version {
        response
            .headers_mut()
            .insert(VERSION, HeaderValue::from(version.get()));
    }
    if let Some(Ok(reference)) = deed.resource_ref().map(HeaderValue::try_from) {
        response.headers_mut().insert(REFERENCE, reference);
    }
    Ok(response)
}

/// The part of what was found that a URI means.
pub fn part(uri: &CanonicalUri, found: Found) -> Result<Found, ProviderFault> {
    match &uri.fragment {
        None if found.value.members().is_none() => Err(ProviderFault::NotAMap),
        None => Ok(found),
        Some(fragment) => Ok(Found {
            value: found
                .value
                .member(fragment.key())
                .ok_or(ProviderFault::NoSuchKey)?,
            version: found.version,
        }),
    }
}
