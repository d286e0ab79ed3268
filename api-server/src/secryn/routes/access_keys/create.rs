//! `POST /vaults/{id}/access-keys`

use std::sync::Arc;

use axum::{extract::State, response::Response};

use crate::{
    app::App,
    secryn::{
        auth::Signed,
        error::ApiError,
        model::api_key::{AccessKeyIn, IssuedOut, KeyHolderOut},
        openapi::{Refused, RefusedBody},
        page::{self, One},
        place::{VaultAt, label},
        routes::{Id, Json},
        tokens,
    },
};

/// Makes an access key: it reads this one vault, restricted or not, and nothing else.
#[utoipa::path(
    post,
    path = "/v1/vaults/{id}/access-keys",
    tag = "access keys",
    params(("id" = String, Path, description = "The vault's id, or its exact name")),
    request_body = AccessKeyIn,
    responses((status = 200, description = "Made", body = One<IssuedOut>), Refused, RefusedBody)
)]
pub async fn create_access_key(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    Id(id): Id,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let at = VaultAt::of(&app, &caller, &id).await?;
    let name = label(&mut fields)?;
    let vault = (&at.organization, &at.name);
    let issued = app
        .coffer
        .create_vault_key(&caller, vault, name, tokens::VAULT)
        .await?;
    Ok(page::one(IssuedOut::new(
        KeyHolderOut::of_vault(&issued.key),
        &issued,
    )))
}
