//! `GET /api/secrets/search`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::{
    canonical_uri::{Backend, UriPrefix},
    provider::ProviderFault,
};
use serde_json::{Value, json};

use crate::{
    app::App,
    canonical::{auth::Signed, deed::Deed, error::Failure, model::entry, op::Op, page::Wanted, query::Query},
};

const LONGEST: usize = 256;

/// Finds names, never values.
pub async fn search(State(app): State<Arc<App>>, signed: Signed, uri: Uri) -> Result<Response, Failure> {
    signed.require(&app.canonical, Op::Metadata)?;
    let query = Query::read(uri.query())?;
    let text = query.text("q")?.unwrap_or_default();
    if !(1..=LONGEST).contains(&text.chars().count()) {
        return Err(Failure::invalid("q", "must be 1 to 256 characters"));
    }
    let wanted = Wanted::of(&app.canonical, &query)?;
    let prefixes = match query.prefix(app.canonical.settings.reading)? {
        Some(prefix) => vec![prefix],
        None => roots(&app, &signed),
    };
    let mut items = Vec::new();
    for prefix in prefixes {
        items.extend(under(&app, &signed, &prefix, &text.to_lowercase()).await?);
    }
    items.sort_by(|a, b| a["uri"].as_str().cmp(&b["uri"].as_str()));
    Ok(wanted.page(items, &json!({ "q": text })))
}

/// Where a search starts that does not say so: the mounts, for development in the file, else of the store.
fn roots(app: &App, signed: &Signed) -> Vec<UriPrefix> {
    let settings = &app.canonical.settings;
    let backend = if settings.yaml.is_some() {
        Backend::Yaml
    } else {
        Backend::OpenBao
    };
    let root = |mount: coffer_domain::name::VaultName| {
        UriPrefix::parse(&format!("{backend}://{mount}"), settings.reading).ok()
    };
    settings
        .mounts_of(&signed.tenant)
        .into_iter()
        .filter_map(root)
        .collect()
}

async fn under(app: &App, signed: &Signed, prefix: &UriPrefix, wanted: &str) -> Result<Vec<Value>, Failure> {
    let deed = Deed::under(app, signed, prefix)?.permitted().await?;
    let found = match deed.provider.entries(&deed.actor, prefix).await {
        Err(ProviderFault::NotFound | ProviderFault::NotAMap) => Ok(Vec::new()),
        other => other,
    };
    let found = deed.end(found, |_| None)?;
    Ok(found
        .iter()
        .filter_map(|one| entry::found(prefix, one, wanted))
        .collect())
}
