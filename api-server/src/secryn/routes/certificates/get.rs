//! `GET /vaults/{id}/certificates/{item}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::metadata::Kind;

use crate::{
    app::App,
    secryn::{
        auth::Signed,
        error::ApiError,
        model::certificate::CertificateOut,
        openapi::Refused,
        page::{self, One},
        place::VaultAt,
        public::is_public,
        routes::ItemPath,
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
    let at = VaultAt::of(&app, &caller, &path.vault).await?;
    let (_, secret) = at.find(&app, &caller, &path.item, Kind::Certificate).await?;
    let now = app.coffer.clock().now();
    Ok(page::one(CertificateOut::of(&secret, is_public(&secret), now)))
}
