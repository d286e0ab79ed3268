//! `POST …/secrets/{name}:reseal`

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use coffer_domain::{address::Address, usecase::Caller};

use crate::{
    app::App,
    http::{body, respond},
    native::{
        error::ApiError,
        model::{
            FailureOut,
            sealing::{ResealIn, ResealedOut},
        },
    },
};

/// Seals a sealed value anew, to the vault's newest key and for the same place. The value itself is not sent.
#[utoipa::path(
    post,
    path = "/coffer/v1/organizations/{org}/vaults/{vault}/environments/{environment}/secrets/{name}:reseal",
    tag = "sealing",
    params(
        ("org" = String, Path, description = "Organization"),
        ("vault" = String, Path, description = "Vault"),
        ("environment" = String, Path, description = "Environment"),
        ("name" = String, Path, description = "Secret"),
    ),
    request_body = ResealIn,
    responses(
        (status = 200, description = "The new text", body = ResealedOut),
        (status = 400, description = "It does not open here; the message says why", body = FailureOut),
        (status = 401, description = "No valid credential", body = FailureOut),
        (status = 403, description = "`secrets:read` is missing", body = FailureOut),
        (status = 404, description = "No such vault or environment, or it is hidden", body = FailureOut),
    )
)]
pub async fn reseal_secret(
    app: &App,
    caller: &Caller,
    address: &Address,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let wanted: ResealIn = body::json(headers, body).await?;
    let sealed = app.coffer.reseal_secret(caller, address, &wanted.sealed).await?;
    Ok(respond::json(StatusCode::OK, &ResealedOut::from(sealed)))
}
