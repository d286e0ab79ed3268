//! `GET /keys/{id}`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};

use crate::{
    app::App,
    secryn::{
        auth::Signed,
        error::ApiError,
        items,
        model::key::KeyOut,
        openapi::{Refused, RefusedFile},
        routes::Id,
    },
};

/// The file of a key, for the token of this key alone, and for any other that may read it.
#[utoipa::path(
    get,
    path = "/v1/keys/{id}",
    tag = "keys",
    params(
        ("id" = String, Path, description = "The key's id"),
        ("format" = Option<String>, Query, description = "Of a key that has both forms: `pem` or `ssh`"),
    ),
    responses(
        (status = 200, description = "The file", body = String, content_type = "application/x-pem-file"),
        Refused,
        RefusedFile,
    )
)]
pub async fn fetch_key(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    Id(id): Id,
    uri: Uri,
) -> Result<Response, ApiError> {
    items::fetch::<KeyOut>(&app, &caller, &id, &uri).await
}
