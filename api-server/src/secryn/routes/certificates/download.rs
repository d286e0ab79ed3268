//! `GET /vaults/{id}/certificates/{item}/download`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};

use crate::{
    app::App,
    secryn::{
        auth::Either,
        error::ApiError,
        items,
        model::certificate::CertificateOut,
        openapi::{Refused, RefusedFile},
        routes::ItemPath,
    },
};

/// The file of a certificate, byte for byte as it is kept.
#[utoipa::path(
    get,
    path = "/v1/vaults/{id}/certificates/{item}/download",
    tag = "certificates",
    params(
        ("id" = String, Path, description = "The vault's id, or its exact name"),
        ("item" = String, Path, description = "The certificate's id, or its name"),
        ("format" = Option<String>, Query, description = "Of a key that has both forms: `pem` or `ssh`"),
        ("access_key" = Option<String>, Query, description = "An access key, instead of the header's"),
    ),
    responses(
        (status = 200, description = "The file", body = String, content_type = "application/x-pem-file"),
        Refused,
        RefusedFile,
    )
)]
pub async fn download_certificate(
    State(app): State<Arc<App>>,
    either: Either,
    path: ItemPath,
    uri: Uri,
) -> Result<Response, ApiError> {
    items::download::<CertificateOut>(&app, either, &path, &uri).await
}
