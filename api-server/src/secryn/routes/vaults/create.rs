//! `POST /vaults`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::{name::VaultName, usecase::vaults::VaultSettings};

use crate::{
    app::App,
    http::fields::FieldFault,
    secryn::{
        account::project,
        auth::Signed,
        error::ApiError,
        model::vault::{VaultIn, VaultOut},
        openapi::{Refused, RefusedBody},
        page::{self, One},
        routes::Json,
    },
};

/// Makes a vault.
#[utoipa::path(
    post,
    path = "/v1/vaults",
    tag = "vaults",
    request_body = VaultIn,
    responses((status = 200, description = "Made", body = One<VaultOut>), Refused, RefusedBody)
)]
pub async fn create_vault(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let name = VaultName::new(fields.label("name", 255)?)
        .map_err(|bad| FieldFault::new("name", format!("must be {}", bad.rule)))?;
    let restricted = fields.flag("restricted")?.unwrap_or(false);
    let project = project(&app, &caller, fields.text("project_id")?.as_deref())
        .await?
        .name;
    let settings = VaultSettings {
        environments: Vec::new(),
        access: Vec::new(),
        owner: None,
    };
    let mut vault = app
        .coffer
        .create_vault(&caller, &project, &name, settings)
        .await?;
    if restricted {
        vault = app.coffer.restrict_vault(&caller, &project, &name, true).await?;
    }
    Ok(page::one(VaultOut::from(&vault)))
}
