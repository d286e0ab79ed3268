//! `GET /vaults/{id}/certificates/{item}`

use std::sync::Arc;

use axum::{extract::State, response::Response};

use crate::{
    app::App,
    secryn::{
        auth::Signed, error::ApiError, items, model::certificate::CertificateOut, openapi::Refused,
        page::One, routes::ItemPath,
    },
};

/// What there is to say of a certificate, a disabled one too.
#[utoipa::path(
    get,
    path = "/v1/vaults/{id}/certificates/{item}",
    tag = "certificates",
    params(
        ("id" = String, Path, description = "The vault's id, or its exact name"),
        ("item" = String, Path, description = "The certificate's id, or its name"),
    ),
    responses((status = 200, description = "The certificate", body = One<CertificateOut>), Refused)
)]
pub async fn get_certificate(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    path: ItemPath,
) -> Result<Response, ApiError> {
    items::get::<CertificateOut>(&app, &caller, &path).await
}
