//! `POST …/secrets/{name}:rotate`

use axum::{http::StatusCode, response::Response};
use coffer_domain::{address::Address, usecase::Caller};

use crate::{
    app::App,
    http::respond,
    native::{
        error::ApiError,
        model::{FailureOut, secret::WrittenOut},
    },
};

/// Has a generated secret made anew, at once.
#[utoipa::path(
    post,
    path = "/coffer/v1/organizations/{org}/vaults/{vault}/environments/{environment}/secrets/{name}:rotate",
    tag = "secrets",
    params(
        ("org" = String, Path, description = "Organization"),
        ("vault" = String, Path, description = "Vault"),
        ("environment" = String, Path, description = "Environment"),
        ("name" = String, Path, description = "Secret"),
    ),
    responses(
        (status = 200, description = "The new version", body = WrittenOut),
        (status = 400, description = "Not well formed", body = FailureOut),
        (status = 401, description = "No valid credential", body = FailureOut),
        (status = 403, description = "`secrets:rotate` is missing", body = FailureOut),
        (status = 404, description = "No such secret, or it is hidden", body = FailureOut),
        (status = 409, description = "It is not generated", body = FailureOut),
    )
)]
pub async fn rotate_secret(app: &App, caller: &Caller, address: &Address) -> Result<Response, ApiError> {
    let written = app.coffer.rotate_secret(caller, address).await?;
    Ok(respond::json(StatusCode::OK, &WrittenOut::from(written)))
}
