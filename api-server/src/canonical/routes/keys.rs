//! `GET /api/secrets/keys`

use std::{collections::BTreeSet, sync::Arc};

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::{
    canonical_uri::{CanonicalUri, UriPrefix},
    provider::Entry,
};
use serde_json::json;

use super::{good, metadata::prefix};
use crate::{
    app::App,
    canonical::{auth::Signed, deed::Deed, error::Failure, op::Op, query::Query},
};

/// Lists the keys directly under a path, of no provider that keeps versions.
pub async fn keys(State(app): State<Arc<App>>, signed: Signed, uri: Uri) -> Result<Response, Failure> {
    signed.require(&app.canonical, Op::Metadata)?;
    let query = Query::read(uri.query())?;
    let start = match prefix(&app, &signed, &query)? {
        Some(prefix) => prefix,
        None => of(query.uri(app.canonical.settings.reading)?),
    };
    let deed = Deed::under(&app, &signed, &start)?
        .unversioned()?
        .permitted()
        .await?;
    let found = deed.provider.entries(&deed.actor, &start).await;
    let found = deed.end(found, |_| None)?;
    let keys: BTreeSet<String> = found.iter().filter_map(|entry| direct(&start, entry)).collect();
    Ok(good(&json!({ "uri": deed.uri.to_string(), "keys": keys })))
}

fn of(uri: CanonicalUri) -> UriPrefix {
    UriPrefix {
        backend: uri.backend,
        path: uri.path,
    }
}

/// What an entry is called directly under a path, if it is there.
fn direct(start: &UriPrefix, entry: &Entry) -> Option<String> {
    let here = start.path.as_str();
    match entry {
        Entry::Key { path, key, .. } if path == here => Some(key.clone()),
        Entry::Folder(path) => {
            let name = path.strip_prefix(here)?.strip_prefix('/')?;
            (!name.contains('/')).then(|| format!("{name}/"))
        }
        Entry::Key { .. } | Entry::Secret(_) => None,
    }
}
