//! `GET /certificates/{id}`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};

use crate::{
    app::App,
    secryn::{
        auth::Signed,
        error::ApiError,
        items,
        model::certificate::CertificateOut,
        openapi::{Refused, RefusedFile},
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
    items::fetch::<CertificateOut>(&app, &caller, &id, &uri).await
}
