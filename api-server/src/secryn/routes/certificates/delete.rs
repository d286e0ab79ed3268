//! `DELETE /vaults/{id}/certificates/{item}`

use std::sync::Arc;

use axum::{extract::State, response::Response};

use crate::{
    app::App,
    secryn::{
        auth::Signed,
        error::ApiError,
        items,
        model::certificate::CertificateOut,
        openapi::Refused,
        page::{Deleted, One},
        routes::ItemPath,
    },
};

/// Deletes a certificate, and the token that it may have: its name is free at once; it waits in the trash for thirty days.
#[utoipa::path(
    delete,
    path = "/v1/vaults/{id}/certificates/{item}",
    tag = "certificates",
    params(
        ("id" = String, Path, description = "The vault's id, or its exact name"),
        ("item" = String, Path, description = "The certificate's id, or its name"),
    ),
    responses((status = 200, description = "Deleted", body = One<Deleted>), Refused)
)]
pub async fn delete_certificate(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    path: ItemPath,
) -> Result<Response, ApiError> {
    items::delete::<CertificateOut>(&app, &caller, &path).await
}
