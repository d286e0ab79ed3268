//! `GET /vaults/{id}/keys/{item}/download`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::{metadata::Kind, usecase::Caller};

use crate::{
    app::App,
    http::query::Query,
    secryn::{
        auth::Either,
        error::ApiError,
        file,
        openapi::{Refused, RefusedFile},
        place::{VaultAt, check_kind},
        routes::ItemPath,
    },
};

/// The file of a key, byte for byte as it is kept.
#[utoipa::path(
    get,
    path = "/v1/vaults/{id}/keys/{item}/download",
    tag = "keys",
    params(
        ("id" = String, Path, description = "The vault's id, or its exact name"),
        ("item" = String, Path, description = "The key's id, or its name"),
        ("format" = Option<String>, Query, description = "Of a key that has both forms: `pem` or `ssh`"),
        ("access_key" = Option<String>, Query, description = "An access key, instead of the header's"),
    ),
    responses(
        (status = 200, description = "The file", body = String, content_type = "application/x-pem-file"),
        Refused,
        RefusedFile,
    )
)]
pub async fn download_key(
    State(app): State<Arc<App>>,
    either: Either,
    path: ItemPath,
    uri: Uri,
) -> Result<Response, ApiError> {
    let query = Query::lenient(uri.query());
    let mut tries = either.tries();
    while let Some(caller) = tries.another() {
        tries.end(download(&app, &caller, &path, &query).await);
    }
    tries.answer()
}

async fn download(
    app: &App,
    caller: &Caller,
    path: &ItemPath,
    query: &Query<'_>,
) -> Result<Response, ApiError> {
    let at = VaultAt::of(app, caller, &path.vault).await?;
    let address = at.address(app, &path.item, Kind::Key).await?;
    let read = app.coffer.read_secret(caller, &address, None).await?;
    check_kind(&read.secret, Kind::Key)?;
    file::answer(read, query)
}
