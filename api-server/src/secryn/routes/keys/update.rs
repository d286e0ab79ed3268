//! `PUT /vaults/{id}/keys/{item}`

use std::sync::Arc;

use axum::{extract::State, response::Response};

use crate::{
    app::App,
    secryn::{
        auth::Signed,
        error::ApiError,
        items,
        model::{
            key::{KeyOut, Switches},
            published::Published,
        },
        openapi::{Refused, RefusedBody},
        page::One,
        routes::{ItemPath, Json},
    },
};

/// Switches a key on or off, and makes it public or not. Everything else of it is as it was made.
#[utoipa::path(
    put,
    path = "/v1/vaults/{id}/keys/{item}",
    tag = "keys",
    params(
        ("id" = String, Path, description = "The vault's id, or its exact name"),
        ("item" = String, Path, description = "The key's id, or its name"),
    ),
    request_body = Switches,
    responses((status = 200, description = "As it is now", body = One<Published<KeyOut>>), Refused, RefusedBody)
)]
pub async fn update_key(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    path: ItemPath,
    Json(fields): Json,
) -> Result<Response, ApiError> {
    items::update::<KeyOut>(&app, &caller, &path, fields).await
}
