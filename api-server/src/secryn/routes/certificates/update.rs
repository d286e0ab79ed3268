//! `PUT /vaults/{id}/certificates/{item}`

use std::sync::Arc;

use axum::{extract::State, response::Response};

use crate::{
    app::App,
    secryn::{
        auth::Signed,
        error::ApiError,
        items,
        model::{certificate::CertificateOut, key::Switches, published::Published},
        openapi::{Refused, RefusedBody},
        page::One,
        routes::{ItemPath, Json},
    },
};

/// Switches a certificate on or off, and makes it public or not. Everything else of it is as it was made.
#[utoipa::path(
    put,
    path = "/v1/vaults/{id}/certificates/{item}",
    tag = "certificates",
    params(
        ("id" = String, Path, description = "The vault's id, or its exact name"),
        ("item" = String, Path, description = "The certificate's id, or its name"),
    ),
    request_body = Switches,
    responses((status = 200, description = "As it is now", body = One<Published<CertificateOut>>), Refused, RefusedBody)
)]
pub async fn update_certificate(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    path: ItemPath,
    Json(fields): Json,
) -> Result<Response, ApiError> {
    items::update::<CertificateOut>(&app, &caller, &path, fields).await
}
