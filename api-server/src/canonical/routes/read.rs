//! `GET /api/secrets`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};

use super::value::shown;
use crate::{
    app::App,
    canonical::{auth::Signed, deed::Deed, error::Failure, op::Op, query::Query},
};

/// Reads what is for development: of no provider that keeps versions.
pub async fn read(State(app): State<Arc<App>>, signed: Signed, uri: Uri) -> Result<Response, Failure> {
    signed.require(&app.canonical, Op::ReadYaml)?;
    let uri = Query::read(uri.query())?.uri(app.canonical.settings.reading)?;
    let deed = Deed::begin(&app, &signed, Op::ReadYaml, uri)?.unversioned()?;
    let deed = if deed.uri.version.is_some() {
        deed.versioned()?
    } else {
        deed
    };
    shown(deed).await
}
