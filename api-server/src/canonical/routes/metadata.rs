//! `GET /api/secrets/metadata`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::{
    canonical_uri::{UriFault, UriPrefix},
    provider::ProviderFault,
};
use serde_json::{Value, json};

use crate::{
    app::App,
    canonical::{auth::Signed, deed::Deed, error::Failure, model::entry, op::Op, page::Wanted, query::Query},
};

/// Lists keys, of no provider that keeps versions.
pub async fn list(State(app): State<Arc<App>>, signed: Signed, uri: Uri) -> Result<Response, Failure> {
    signed.require(&app.canonical, Op::Metadata)?;
    let query = Query::read(uri.query())?;
    let prefix = prefix(&app, &signed, &query)?.ok_or_else(|| Failure::invalid("prefix", "is missing"))?;
    let wanted = Wanted::of(&app.canonical, &query)?;
    let deed = Deed::under(&app, &signed, &prefix)?
        .unversioned()?
        .permitted()
        .await?;
    let found = match deed.provider.entries(&deed.actor, &prefix).await {
        Err(ProviderFault::NotFound | ProviderFault::NotAMap) => Ok(Vec::new()),
        other => other,
    };
    let found = deed.end(found, |_| None)?;
    let items: Vec<Value> = found
        .iter()
        .filter_map(|one| entry::key(prefix.backend, one))
        .collect();
    Ok(wanted.page(items, &json!({})))
}

/// The parameter `prefix`: a URI, or a path in the mount that the parameter `mount` names, or in the only one there is.
pub fn prefix(app: &App, signed: &Signed, query: &Query<'_>) -> Result<Option<UriPrefix>, Failure> {
    let settings = &app.canonical.settings;
    let Some(text) = query.uri_text("prefix")? else {
        return Ok(None);
    };
    let mount = query.text("mount")?;
    let is_uri = text.contains("://");
    if is_uri && mount.is_some() {
        return Err(UriFault::DoubleMountSource.into());
    }
    if is_uri {
        return query.prefix(settings.reading);
    }
    let mounts = settings.mounts_of(&signed.tenant);
    let mount = match (mount, mounts.as_slice()) {
        (Some(mount), _) => mount,
        (None, [only]) => only.to_string(),
        (None, _) => return Err(UriFault::AmbiguousMount.into()),
    };
    Ok(Some(UriPrefix::parse(
        &format!("yaml://{mount}/{text}"),
        settings.reading,
    )?))
}
