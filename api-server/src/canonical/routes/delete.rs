//! `DELETE /api/secrets`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::{address::Version, canonical_uri::CanonicalUri};
use serde_json::{Value, json};

use super::good;
use crate::{
    app::App,
    canonical::{auth::Signed, deed::Deed, error::Failure, op::Op, query::Query},
};

/// Deletes or erases.
pub async fn delete(State(app): State<Arc<App>>, signed: Signed, uri: Uri) -> Result<Response, Failure> {
    let query = Query::read(uri.query());
    let destroy = query.as_ref().map_or(Ok(false), |query| query.flag("destroy"));
    let op = if matches!(destroy, Ok(true)) {
        Op::Destroy
    } else {
        Op::Delete
    };
    signed.require(&app.canonical, op)?;
    destroy?;
    let uri = query?.uri(app.canonical.settings.reading)?;
    Ok(good(&remove(&app, &signed, op, uri).await?))
}

/// The same for whoever has the scope.
pub async fn remove(app: &App, signed: &Signed, op: Op, uri: CanonicalUri) -> Result<Value, Failure> {
    let deed = Deed::begin(app, signed, op, uri)?.of_a_secret()?.unpinned()?;
    let deed = deed.permitted().await?;
    let destroy = op == Op::Destroy;
    let removed = if destroy {
        deed.provider.destroy(&deed.actor, &deed.uri).await
    } else {
        deed.provider.remove(&deed.actor, &deed.uri).await
    };
    let removed = deed.end(removed, |removed| removed.version)?;
    let mut shown = json!({
        "status": if destroy { "destroyed" } else { "deleted" },
        "uri": deed.uri.to_string(),
        "destroyed": destroy,
        "scope": if removed.key_only { "key" } else { "path" },
        "version": removed.version.map(Version::get),
    });
    if deed.uri.fragment.is_some() && !removed.key_only {
        shown["warnings"] = json!(["FRAGMENT_IGNORED"]);
    }
    Ok(shown)
}
