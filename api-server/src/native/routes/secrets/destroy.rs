//! `POST …/secrets/{name}:destroy`

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use coffer_domain::{Error, address::Address, usecase::Caller};

use crate::{
    app::App,
    http::{body, respond},
    native::{
        error::ApiError,
        model::{
            FailureOut,
            secret::{SecretSummary, VersionsIn},
        },
    },
};

/// Erases versions for ever. Which ones must be said.
#[utoipa::path(
    post,
    path = "/coffer/v1/organizations/{org}/vaults/{vault}/environments/{environment}/secrets/{name}:destroy",
    tag = "secrets",
    params(
        ("org" = String, Path, description = "Organization"),
        ("vault" = String, Path, description = "Vault"),
        ("environment" = String, Path, description = "Environment"),
        ("name" = String, Path, description = "Secret"),
    ),
    request_body = VersionsIn,
    responses(
        (status = 200, description = "The secret as it is now", body = SecretSummary),
        (status = 400, description = "Not well formed", body = FailureOut),
        (status = 401, description = "No valid credential", body = FailureOut),
        (status = 403, description = "`secrets:destroy` is missing", body = FailureOut),
        (status = 404, description = "No such secret or version, or it is hidden", body = FailureOut),
        (status = 409, description = "A custom resource manages it", body = FailureOut),
    )
)]
pub async fn destroy_secret(
    app: &App,
    caller: &Caller,
    address: &Address,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let meant: VersionsIn = body::json_or_default(headers, body).await?;
    let unsaid = || {
        Error::invalid(
            "versions",
            "is missing; send {\"versions\":[…]}, or {\"all\":true} for every one",
        )
    };
    let which = meant.which()?.ok_or_else(unsaid)?;
    let secret = app.coffer.destroy_secret(caller, address, &which).await?;
    Ok(respond::json(StatusCode::OK, &SecretSummary::from(secret)))
}
