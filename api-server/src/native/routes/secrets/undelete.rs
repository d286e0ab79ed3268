//! `POST …/secrets/{name}:undelete`

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use coffer_domain::{
    address::Address,
    usecase::{Caller, secrets::Which},
};

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

/// Makes deleted versions readable again: those named, or, without a body, the latest.
#[utoipa::path(
    post,
    path = "/coffer/v1/organizations/{org}/vaults/{vault}/environments/{environment}/secrets/{name}:undelete",
    tag = "secrets",
    params(
        ("org" = String, Path, description = "Organization"),
        ("vault" = String, Path, description = "Vault"),
        ("environment" = String, Path, description = "Environment"),
        ("name" = String, Path, description = "Secret"),
    ),
    request_body(content = VersionsIn, description = "Which versions; the latest without"),
    responses(
        (status = 200, description = "The secret as it is now", body = SecretSummary),
        (status = 400, description = "Not well formed", body = FailureOut),
        (status = 401, description = "No valid credential", body = FailureOut),
        (status = 403, description = "`secrets:delete` is missing", body = FailureOut),
        (status = 404, description = "No such secret or version, or it is hidden", body = FailureOut),
        (status = 409, description = "A custom resource manages it", body = FailureOut),
        (status = 410, description = "A version is destroyed", body = FailureOut),
    )
)]
pub async fn undelete_secret(
    app: &App,
    caller: &Caller,
    address: &Address,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let meant: VersionsIn = body::json_or_default(headers, body).await?;
    let which = meant.which()?.unwrap_or(Which::All);
    let secret = app.coffer.undelete_secret(caller, address, &which).await?;
    Ok(respond::json(StatusCode::OK, &SecretSummary::from(secret)))
}
