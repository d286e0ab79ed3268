//! `GET /vaults/{id}/secrets/{name}/versions`

use axum::response::Response;
use coffer_domain::{metadata::Kind, usecase::Caller};

use crate::{
    app::App,
    http::query::Query,
    secryn::{
        error::ApiError,
        model::secret::VersionOut,
        openapi::Refused,
        page::{self, Page, Wanted},
        place::VaultAt,
    },
};

/// The versions of a secret, first to newest, without values.
#[utoipa::path(
    get,
    path = "/v1/vaults/{id}/secrets/{name}/versions",
    tag = "secrets",
    params(
        ("id" = String, Path, description = "The vault's id, or its exact name"),
        ("name" = String, Path, description = "The secret's name, or its id"),
        ("page" = Option<u64>, Query, description = "From 1; 1 without"),
        ("limit" = Option<u64>, Query, description = "1 to 100; 50 without"),
    ),
    responses((status = 200, description = "A page", body = Page<VersionOut>), Refused)
)]
pub async fn list_versions(
    app: &App,
    caller: &Caller,
    vault: &str,
    name: &str,
    query: Option<&str>,
) -> Result<Response, ApiError> {
    let wanted = Wanted::of(&Query::lenient(query))?;
    let at = VaultAt::of(app, caller, vault).await?;
    let (address, _) = at.find(app, caller, name, Kind::Value).await?;
    let (secret, versions) = app.coffer.list_versions(caller, &address).await?;
    let oldest_first = versions.into_iter().rev();
    let shown = oldest_first.map(|meta| VersionOut::of(meta, secret.current));
    Ok(page::page(&wanted.of_all(shown)))
}
