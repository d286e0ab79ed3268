//! `GET /vaults/{id}/keys/{item}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::metadata::Kind;

use crate::{
    app::App,
    secryn::{
        auth::Signed,
        error::ApiError,
        model::key::KeyOut,
        openapi::Refused,
        page::{self, One},
        place::VaultAt,
        public::is_public,
        routes::ItemPath,
    },
};

/// What there is to say of a key, a disabled one too.
#[utoipa::path(
    get,
    path = "/v1/vaults/{id}/keys/{item}",
    tag = "keys",
    params(
        ("id" = String, Path, description = "The vault's id, or its exact name"),
        ("item" = String, Path, description = "The key's id, or its name"),
    ),
    responses((status = 200, description = "The key", body = One<KeyOut>), Refused)
)]
pub async fn get_key(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    path: ItemPath,
) -> Result<Response, ApiError> {
    let at = VaultAt::of(&app, &caller, &path.vault).await?;
    let (_, secret) = at.find(&app, &caller, &path.item, Kind::Key).await?;
    let now = app.coffer.clock().now();
    Ok(page::one(KeyOut::of(&secret, is_public(&secret), now)))
}
