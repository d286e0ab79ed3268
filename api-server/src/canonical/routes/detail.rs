//! `GET /api/secrets/metadata/detail`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};

use super::{good, versions::look};
use crate::{
    app::App,
    canonical::{auth::Signed, error::Failure, model::history},
};

/// Tells everything about a secret but its value.
pub async fn detail(State(app): State<Arc<App>>, signed: Signed, uri: Uri) -> Result<Response, Failure> {
    let (uri, found) = look(&app, &signed, &uri).await?;
    Ok(good(&history::detail(&uri, &found)))
}
