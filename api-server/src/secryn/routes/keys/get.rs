//! `GET /vaults/{id}/keys/{item}`

use std::sync::Arc;

use axum::{extract::State, response::Response};

use crate::{
    app::App,
    secryn::{
        auth::Signed, error::ApiError, items, model::key::KeyOut, openapi::Refused, page::One,
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
    items::get::<KeyOut>(&app, &caller, &path).await
}
