//! `GET /vaults/{id}/secrets`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::metadata::Kind;

use crate::{
    app::App,
    http::query::Query,
    secryn::{
        auth::Signed,
        error::ApiError,
        model::secret::SecretAbout,
        openapi::Refused,
        page::{self, Page, Wanted},
        place::VaultAt,
        routes::Id,
    },
};

/// The secrets of a vault without their values, oldest first; disabled ones and those whose time it is not too.
#[utoipa::path(
    get,
    path = "/v1/vaults/{id}/secrets",
    tag = "secrets",
    params(
        ("id" = String, Path, description = "The vault's id, or its exact name"),
        ("page" = Option<u64>, Query, description = "From 1; 1 without"),
        ("limit" = Option<u64>, Query, description = "1 to 100; 50 without"),
    ),
    responses((status = 200, description = "A page", body = Page<SecretAbout>), Refused)
)]
pub async fn list_secrets(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    Id(id): Id,
    uri: Uri,
) -> Result<Response, ApiError> {
    let wanted = Wanted::of(&Query::lenient(uri.query()))?;
    let at = VaultAt::of(&app, &caller, &id).await?;
    let found = at.listed(&app, &caller, Kind::Value).await?;
    Ok(page::page(&wanted.of_all(found.iter().map(SecretAbout::from))))
}
