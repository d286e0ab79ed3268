//! `GET …/secrets/{name}:versions`

use axum::{http::StatusCode, response::Response};
use coffer_domain::{address::Address, usecase::Caller};

use crate::{
    app::App,
    http::{query::Query, respond},
    native::{
        error::ApiError,
        model::{FailureOut, secret::VersionOut},
        page::Page,
    },
};

/// The versions of a secret, newest first, without values.
#[utoipa::path(
    get,
    path = "/coffer/v1/organizations/{org}/vaults/{vault}/environments/{environment}/secrets/{name}:versions",
    tag = "secrets",
    params(
        ("org" = String, Path, description = "Organization"),
        ("vault" = String, Path, description = "Vault"),
        ("environment" = String, Path, description = "Environment"),
        ("name" = String, Path, description = "Secret"),
    ),
    responses(
        (status = 200, description = "All versions", body = Page<VersionOut>),
        (status = 400, description = "Not well formed", body = FailureOut),
        (status = 401, description = "No valid credential", body = FailureOut),
        (status = 403, description = "`secrets:list` is missing", body = FailureOut),
        (status = 404, description = "No such secret, or it is hidden", body = FailureOut),
    )
)]
pub async fn list_versions(
    app: &App,
    caller: &Caller,
    address: &Address,
    query: Option<&str>,
) -> Result<Response, ApiError> {
    Query::read(query, &[])?;
    let (secret, versions) = app.coffer.list_versions(caller, address).await?;
    let shown = versions
        .into_iter()
        .map(|meta| VersionOut::of(meta, secret.current));
    Ok(respond::json(StatusCode::OK, &Page::whole(shown.collect())))
}
