//! `POST /secrets/{name}/rotate`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::{api_key::base62, secret_value::SecretValue};
use utoipa::ToSchema;

use crate::{
    app::App,
    http::respond,
    v_secure::{
        auth::Signed,
        error::ApiError,
        model::secret::SecretOut,
        openapi::{Refused, RefusedBody},
        place,
        routes::{Id, Json},
        span,
    },
};

/// How many characters a value has that is made here: 190 bits.
const LENGTH: usize = 32;

/// What to write.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct RotateSecretIn {
    /// The new value; made without.
    value: Option<String>,
}

/// Writes a new version with the `value` of the body, or else with a random one of 32 letters and digits.
#[utoipa::path(
    post,
    path = "/v1/security/secrets/{name}/rotate",
    tag = "secrets",
    params(("name" = String, Path, description = "The secret's name")),
    request_body = RotateSecretIn,
    responses((status = 200, description = "As it is now", body = SecretOut), Refused, RefusedBody)
)]
pub async fn rotate_secret(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Id(id): Id,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let name = place::named(&id)?;
    let fresh = || SecretValue::from(base62(app.coffer.entropy(), LENGTH));
    let value = span::value(&mut fields)?.unwrap_or_else(fresh);
    let address = account.address(name.clone())?;
    let same = |before| Ok(before);
    let revised = app
        .coffer
        .revise_secret(&caller, &address, Some(value.clone()), &same)
        .await;
    let revised = revised.map_err(|error| ApiError::of_secret(error, &name))?;
    let previous = revised.before.map(coffer_domain::address::Version::get);
    let told = SecretOut::written(&revised.written.secret, Some(value), previous, false);
    Ok(respond::json(StatusCode::OK, &told))
}
