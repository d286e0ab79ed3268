//! `POST /secrets/{name}/rollback`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::address::Version;
use utoipa::ToSchema;

use crate::{
    app::App,
    http::{
        fields::{FieldFault, MISSING},
        respond,
    },
    v_secure::{
        auth::Signed,
        error::ApiError,
        model::secret::SecretOut,
        openapi::{Refused, RefusedBody},
        place,
        routes::{Id, Json},
    },
};

/// Which version to go back to.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct RollbackIn {
    version: u64,
}

/// Writes the value of an older version as a new one. Takes the right to read it too.
#[utoipa::path(
    post,
    path = "/v1/security/secrets/{name}/rollback",
    tag = "secrets",
    params(("name" = String, Path, description = "The secret's name")),
    request_body = RollbackIn,
    responses((status = 200, description = "As it is now", body = SecretOut), Refused, RefusedBody)
)]
pub async fn roll_back(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Id(id): Id,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let number = fields.number("version")?;
    let number = number.ok_or_else(|| FieldFault::new("version", MISSING))?;
    let version = Version::new(number);
    let version = version.ok_or_else(|| FieldFault::new("version", "must be a whole number from 1"))?;
    let name = place::named(&id)?;
    let address = account.address(name.clone())?;
    let written = app.coffer.roll_back_secret(&caller, &address, version).await;
    let written = written.map_err(|error| ApiError::of_secret(error, &name))?;
    let read = app.coffer.read_secret(&caller, &address, None).await?;
    let previous = written.meta.version.get().checked_sub(1);
    let told = SecretOut::written(&written.secret, Some(read.value), previous, false);
    Ok(respond::json(StatusCode::OK, &told))
}
