//! `POST …/secrets/{name}:rotate`

use axum::{http::StatusCode, response::Response};
use coffer_domain::{address::Address, usecase::Caller};

use crate::{
    app::App,
    http::{query::Query, respond},
    native::{
        error::ApiError,
        model::{FailureOut, secret::WrittenOut},
    },
};

/// Has a generated secret made anew, at once. If its rotations wait for its consumers (`rotation.onlyAfterAck` of what
/// manages it), the version before stays readable until they have the new one; a second rotation until then is a
/// conflict that names them. `force` ends that wait: the versions before are retired, and the current one is the answer;
/// if nothing waits, the secret is rotated and waits for nobody.
#[utoipa::path(
    post,
    path = "/coffer/v1/organizations/{org}/vaults/{vault}/environments/{environment}/secrets/{name}:rotate",
    tag = "secrets",
    params(
        ("org" = String, Path, description = "Organization"),
        ("vault" = String, Path, description = "Vault"),
        ("environment" = String, Path, description = "Environment"),
        ("name" = String, Path, description = "Secret"),
        ("force" = Option<bool>, Query, description = "Whether to end the wait for consumers; not without"),
    ),
    responses(
        (status = 200, description = "The new version", body = WrittenOut),
        (status = 400, description = "Not well formed", body = FailureOut),
        (status = 401, description = "No valid credential", body = FailureOut),
        (status = 403, description = "`secrets:rotate` is missing", body = FailureOut),
        (status = 404, description = "No such secret, or it is hidden", body = FailureOut),
        (status = 409, description = "It is not generated, or its last rotation waits for consumers", body = FailureOut),
    )
)]
pub async fn rotate_secret(
    app: &App,
    caller: &Caller,
    address: &Address,
    query: Option<&str>,
) -> Result<Response, ApiError> {
    let force = Query::read(query, &["force"])?.parsed("force", "must be true or false")?;
    let written = if force.unwrap_or(false) {
        app.coffer.force_rotation(caller, address).await?
    } else {
        app.coffer.rotate_secret(caller, address).await?
    };
    Ok(respond::json(StatusCode::OK, &WrittenOut::from(written)))
}
