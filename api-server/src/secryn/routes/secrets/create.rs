//! `POST /vaults/{id}/secrets`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::{metadata::Metadata, usecase::secrets::NewSecret};

use crate::{
    app::App,
    http::fields::{FieldFault, MISSING},
    secryn::{
        auth::Signed,
        error::ApiError,
        model::{
            described::Described,
            secret::{SecretAbout, SecretIn},
        },
        openapi::{Refused, RefusedBody},
        page::{self, One},
        place::{VaultAt, name},
        routes::{Id, Json},
    },
};

/// Makes a secret.
#[utoipa::path(
    post,
    path = "/v1/vaults/{id}/secrets",
    tag = "secrets",
    params(("id" = String, Path, description = "The vault's id, or its exact name")),
    request_body = SecretIn,
    responses((status = 200, description = "Made", body = One<SecretAbout>), Refused, RefusedBody)
)]
pub async fn create_secret(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    Id(id): Id,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let at = VaultAt::of(&app, &caller, &id).await?;
    let name = name(&mut fields)?;
    let value = fields.secret("value")?;
    let value = value.ok_or_else(|| FieldFault::new("value", MISSING))?;
    let described = Described::of_secret(&mut fields)?;
    let new = NewSecret {
        name,
        value,
        metadata: described.over(Metadata::default()),
    };
    let made = app.coffer.create_secrets(&caller, &at.place(), &[new]).await?;
    let made = made.first().ok_or(ApiError::NotFound("the secret"))?;
    Ok(page::one(SecretAbout::from(&made.secret)))
}
