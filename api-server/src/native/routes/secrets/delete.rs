//! `DELETE …/secrets/{name}`

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::Response,
};
use coffer_domain::{address::Version, usecase::secrets::Which};

use super::no_verb;
use crate::{
    app::App,
    http::{query::Query, respond},
    native::{
        auth::Signed,
        error::ApiError,
        model::{FailureOut, secret::SecretSummary},
        path::SecretPath,
    },
};

/// Deletes a secret, every version of it, or one version. What is deleted can be undeleted.
#[utoipa::path(
    delete,
    path = "/coffer/v1/organizations/{org}/vaults/{vault}/environments/{environment}/secrets/{name}",
    tag = "secrets",
    params(
        ("org" = String, Path, description = "Organization"),
        ("vault" = String, Path, description = "Vault"),
        ("environment" = String, Path, description = "Environment"),
        ("name" = String, Path, description = "Secret"),
        ("version" = Option<u64>, Query, description = "Only this version"),
    ),
    responses(
        (status = 200, description = "The secret as it is now", body = SecretSummary),
        (status = 400, description = "Not well formed", body = FailureOut),
        (status = 401, description = "No valid credential", body = FailureOut),
        (status = 403, description = "`secrets:delete` is missing", body = FailureOut),
        (status = 404, description = "No such secret or version, or it is hidden", body = FailureOut),
        (status = 409, description = "A custom resource manages it", body = FailureOut),
    )
)]
pub async fn delete_secret(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    path: SecretPath,
    uri: Uri,
) -> Result<Response, ApiError> {
    no_verb(&path)?;
    let version = Query::read(uri.query(), &["version"])?
        .positive("version")?
        .and_then(Version::new);
    let which = version.map_or(Which::All, |version| Which::These(vec![version]));
    let secret = app.coffer.delete_secret(&caller, &path.address, &which).await?;
    Ok(respond::json(StatusCode::OK, &SecretSummary::from(secret)))
}
