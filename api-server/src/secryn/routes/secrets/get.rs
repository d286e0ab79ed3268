//! `GET /vaults/{id}/secrets/{name}`

use axum::response::Response;
use coffer_domain::{
    Error,
    metadata::{Kind, Why},
    usecase::Caller,
};

use super::SecretPath;
use crate::{
    app::App,
    secryn::{
        account::may_read_values,
        error::ApiError,
        model::secret::SecretOut,
        openapi::Refused,
        page::{self, One},
        place::{VaultAt, check_kind, missing},
    },
};

/// A secret with its value. A name that holds slashes may come with them as they are.
#[utoipa::path(
    get,
    path = "/v1/vaults/{id}/secrets/{name}",
    tag = "secrets",
    params(
        ("id" = String, Path, description = "The vault's id, or its exact name"),
        ("name" = String, Path, description = "The secret's name, or its id"),
        ("access_key" = Option<String>, Query, description = "An access key, instead of the header's"),
    ),
    responses((status = 200, description = "The secret", body = One<SecretOut>), Refused)
)]
pub async fn get_secret(app: &App, caller: &Caller, path: &SecretPath) -> Result<Response, ApiError> {
    let at = VaultAt::of(app, caller, &path.vault).await?;
    if !may_read_values(caller) {
        let (_, secret) = at.find(app, caller, path.name(), Kind::Value).await?;
        secret
            .usable(app.coffer.clock().now())
            .map_err(|_| missing(Kind::Value))?;
        return Ok(page::one(SecretOut::masked(&secret)));
    }
    let address = at.address(app, path.name(), Kind::Value).await?;
    let read = app.coffer.read_secret(caller, &address, None).await;
    let read = read.map_err(|error| match error {
        // Of a secret, this door says no more than that it is not there.
        Error::Unusable {
            why: Why::Expired(_), ..
        } => missing(Kind::Value),
        other => other.into(),
    })?;
    check_kind(&read.secret, Kind::Value)?;
    Ok(page::one(SecretOut::from(read)))
}
