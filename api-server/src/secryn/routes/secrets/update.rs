//! `PUT /vaults/{id}/secrets/{name}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::{
    metadata::Kind,
    usecase::secrets::{Expected, PutOptions},
};

use super::SecretPath;
use crate::{
    app::App,
    http::fields::FieldFault,
    secryn::{
        auth::Signed,
        error::ApiError,
        model::{
            described::Described,
            secret::{SecretAbout, SecretPatch},
        },
        openapi::{Refused, RefusedBody},
        page::{self, One},
        place::VaultAt,
        routes::Json,
    },
};

/// Changes what is said of a secret, and writes a new version where there is a `value`.
#[utoipa::path(
    put,
    path = "/v1/vaults/{id}/secrets/{name}",
    tag = "secrets",
    params(
        ("id" = String, Path, description = "The vault's id, or its exact name"),
        ("name" = String, Path, description = "The secret's name, or its id"),
    ),
    request_body = SecretPatch,
    responses((status = 200, description = "As it is now", body = One<SecretAbout>), Refused, RefusedBody)
)]
pub async fn update_secret(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    path: SecretPath,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let at = VaultAt::of(&app, &caller, &path.vault).await?;
    let (address, present) = at.find(&app, &caller, path.name(), Kind::Value).await?;
    let wanted = fields.text("name")?;
    if wanted.is_some_and(|wanted| wanted.trim() != present.name.as_str()) {
        return Err(FieldFault::new("name", "of a secret does not change").into());
    }
    let value = fields.secret("value")?;
    let described = Described::of_secret(&mut fields)?;
    let changed = match value {
        None => {
            let change = |metadata| Ok(described.over(metadata));
            app.coffer.amend_secret(&caller, &address, change).await?
        }
        Some(value) => {
            let options = PutOptions {
                // What is said of it was read with this version: another writer's word is not written over.
                expected: Some(Expected::Latest(present.latest)),
                metadata: Some(described.over(present.described())),
            };
            let written = app.coffer.put_secret(&caller, &address, value, options).await?;
            written.secret
        }
    };
    Ok(page::one(SecretAbout::from(&changed)))
}
