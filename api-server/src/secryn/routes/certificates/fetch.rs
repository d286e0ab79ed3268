//! `GET /certificates/{id}`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::{Error, metadata::Kind};

use crate::{
    app::App,
    http::query::Query,
    secryn::{
        auth::Signed,
        error::ApiError,
        file,
        openapi::{Refused, RefusedFile},
        place::check_kind,
        routes::Id,
    },
};

/// The file of a certificate, for the token of this certificate alone, and for any other that may read it.
#[utoipa::path(
    get,
    path = "/v1/certificates/{id}",
    tag = "certificates",
    params(
        ("id" = String, Path, description = "The certificate's id"),
        ("format" = Option<String>, Query, description = "Of a key that has both forms: `pem` or `ssh`"),
    ),
    responses(
        (status = 200, description = "The file", body = String, content_type = "application/x-pem-file"),
        Refused,
        RefusedFile,
    )
)]
pub async fn fetch_certificate(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    Id(id): Id,
    uri: Uri,
) -> Result<Response, ApiError> {
    let outside = || ApiError::Outside("the certificate");
    let id = id.parse().map_err(|_| outside())?;
    let found = app
        .coffer
        .secret_address(id)
        .await?
        .filter(|(_, trashed)| !trashed);
    let (address, _) = found.ok_or_else(outside)?;
    let read = app.coffer.read_secret(&caller, &address, None).await;
    // A place that may not be known of reads like an id that there is not.
    let read = read.map_err(|error| match error {
        Error::NotFound { what: "vault", .. } => outside(),
        other => other.into(),
    })?;
    check_kind(&read.secret, Kind::Certificate)?;
    file::answer(read, &Query::lenient(uri.query()))
}
