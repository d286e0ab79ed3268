//! `GET /vaults/{id}/certificates`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};

use crate::{
    app::App,
    secryn::{
        auth::Either, error::ApiError, items, model::certificate::CertificateOut, openapi::Refused,
        page::Page, routes::Id,
    },
};

/// The certificates of a vault, oldest first: those that are active, and those that are over, which say so. All of them
/// where neither `page` nor `limit` is given.
#[utoipa::path(
    get,
    path = "/v1/vaults/{id}/certificates",
    tag = "certificates",
    params(
        ("id" = String, Path, description = "The vault's id, or its exact name"),
        ("page" = Option<u64>, Query, description = "From 1"),
        ("limit" = Option<u64>, Query, description = "1 to 100"),
        ("access_key" = Option<String>, Query, description = "An access key, instead of the header's"),
    ),
    responses((status = 200, description = "A page", body = Page<CertificateOut>), Refused)
)]
pub async fn list_certificates(
    State(app): State<Arc<App>>,
    either: Either,
    Id(id): Id,
    uri: Uri,
) -> Result<Response, ApiError> {
    items::list::<CertificateOut>(&app, either, &id, &uri).await
}
