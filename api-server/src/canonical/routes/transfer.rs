//! `POST /api/secrets/copy` and `/move`: the destination first, the source last, not as one step.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::{
    address::Version,
    canonical_uri::CanonicalUri,
    provider::{Change, Found, Intent, PayloadFault, ProviderFault, Wrote},
};
use serde_json::{Value, json};

use super::{good, value::part};
use crate::{
    app::App,
    canonical::{auth::Signed, deed::Deed, error::Failure, model::body::Unread, op::Op},
};

/// Copies.
pub async fn copy(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Failure> {
    Ok(good(&transfer(&app, &signed, Op::Copy, body).await?))
}

/// Moves.
pub async fn relocate(
    State(app): State<Arc<App>>,
    signed: Signed,
    body: Unread,
) -> Result<Response, Failure> {
    Ok(good(&transfer(&app, &signed, Op::Move, body).await?))
}

async fn transfer(app: &App, signed: &Signed, op: Op, body: Unread) -> Result<Value, Failure> {
    signed.require(&app.canonical, op)?;
    let mut body = body.read().await?;
    let reading = app.canonical.settings.reading;
    let (from, to) = (body.uri("fromUri", reading)?, body.uri("toUri", reading)?);
    let overwrite = body.flag("overwrite", false)?;
    if from == to {
        return Err(Failure::invalid("toUri", "must differ from fromUri"));
    }
    let source = Deed::begin(app, signed, op, from)?.of_a_secret()?;
    let source = if op == Op::Move {
        source.unpinned()?
    } else {
        source
    };
    let target = Deed::begin(app, signed, op, to)?.of_a_secret()?.unpinned()?;
    let source = source.permitted_to("read").await?;
    let target = target.permitted_to("write").await?;
    let source = if op == Op::Move {
        source.permitted_to("delete").await?
    } else {
        source
    };
    let found = found(&source).await;
    let found = found.map_err(|fault| Failure::of(fault, source.uri.version.is_some()))?;
    let change = change(&target.uri, &found)?;
    if !overwrite && exists(&target).await? {
        return Err(Failure::new(
            409,
            "DESTINATION_EXISTS",
            "there is such a secret already",
        ));
    }
    let wrote = target
        .provider
        .write(&target.actor, &target.uri, &change, Intent::Write)
        .await;
    let wrote = target.end(wrote, |wrote: &Wrote| wrote.new)?;
    if op == Op::Move {
        let partly = |failure: Failure| {
            let code = failure.code();
            let message = "it was copied, and the source could not be deleted";
            Failure::new(502, "PROVIDER_ERROR", message)
                .with(json!({ "copied": true, "deleted": false, "code": code }))
        };
        leave(&source).await.map_err(partly)?;
    }
    Ok(json!({
        "status": if op == Op::Move { "moved" } else { "copied" },
        "fromUri": source.uri.to_string(),
        "toUri": target.uri.to_string(),
        "version": wrote.new.map(Version::get),
        "source_deleted": op == Op::Move,
    }))
}

async fn found(deed: &Deed<'_>) -> Result<Found, ProviderFault> {
    if deed.uri.version.is_some() && !deed.provider.keeps_versions() {
        return Err(ProviderFault::Unsupported);
    }
    part(&deed.uri, deed.provider.read(&deed.actor, &deed.uri).await?)
}

/// What makes the target what was found.
fn change(target: &CanonicalUri, found: &Found) -> Result<Change, Failure> {
    match &target.fragment {
        Some(fragment) => Ok(Change::Set(fragment.key().to_owned(), found.value.clone())),
        None if found.value.members().is_some() => Ok(Change::Replace(found.value.clone())),
        None => Err(PayloadFault::NotAnObject.into()),
    }
}

async fn exists(target: &Deed<'_>) -> Result<bool, Failure> {
    match found(target).await {
        Ok(_) | Err(ProviderFault::NotAMap) => Ok(true),
        Err(ProviderFault::NotFound | ProviderFault::NoSuchKey | ProviderFault::Gone { .. }) => Ok(false),
        Err(fault) => Err(Failure::of(fault, false)),
    }
}

/// Takes the source away: one key by a version without it, so that its siblings stay, or the path.
async fn leave(source: &Deed<'_>) -> Result<(), Failure> {
    let (actor, uri) = (&source.actor, &source.uri);
    match &uri.fragment {
        Some(fragment) if source.provider.keeps_versions() => {
            let change = Change::Unset(fragment.key().to_owned());
            let wrote = source.provider.write(actor, uri, &change, Intent::Write).await;
            source.end(wrote, |wrote: &Wrote| wrote.new)?;
        }
        _ => {
            let removed = source.provider.remove(actor, uri).await;
            source.end(removed, |removed| removed.version)?;
        }
    }
    Ok(())
}
