//! `POST /organizations/{org}/vaults`

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use coffer_domain::{Error, name::VaultName, usecase::vaults::VaultSettings};

use crate::{
    app::App,
    http::{body, respond},
    native::{
        auth::Signed,
        error::ApiError,
        model::{
            FailureOut,
            vault::{VaultIn, VaultOut, environments},
        },
        path::OrgPath,
    },
};

/// Makes a vault.
#[utoipa::path(
    post,
    path = "/coffer/v1/organizations/{org}/vaults",
    tag = "vaults",
    params(("org" = String, Path, description = "Organization")),
    request_body = VaultIn,
    responses(
        (status = 201, description = "Made", body = VaultOut),
        (status = 400, description = "Not well formed", body = FailureOut),
        (status = 401, description = "No valid credential", body = FailureOut),
        (status = 403, description = "`vaults:manage` is missing", body = FailureOut),
        (status = 409, description = "There is such a vault already", body = FailureOut),
    )
)]
pub async fn create_vault(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    OrgPath(organization): OrgPath,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let wanted: VaultIn = body::json(&headers, body).await?;
    let name = VaultName::new(wanted.name).map_err(Error::from)?;
    let settings = VaultSettings {
        environments: environments(wanted.environments)?,
        access: Vec::new(),
        owner: None,
    };
    let vault = app
        .coffer
        .create_vault(&caller, &organization, &name, settings)
        .await?;
    Ok(respond::json(StatusCode::CREATED, &VaultOut::from(vault)))
}
