//! `POST /secrets`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use super::NewSecret;
use crate::{
    app::App,
    http::respond,
    v_secure::{
        auth::Signed,
        error::ApiError,
        model::secret::{SecretIn, SecretOut},
        openapi::{Refused, RefusedBody},
        routes::Json,
    },
};

/// Writes a secret: a new one, or a new version of the one of this name. What is not mentioned stays as it was.
#[utoipa::path(
    post,
    path = "/v1/security/secrets",
    tag = "secrets",
    request_body = SecretIn,
    responses(
        (status = 201, description = "Made", body = SecretOut),
        (status = 200, description = "A new version of what there was", body = SecretOut),
        Refused,
        RefusedBody,
    )
)]
pub async fn create_secret(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let new = NewSecret::of(&mut fields, app.coffer.clock().now())?;
    account.prepare(&app, &caller).await?;
    let value = new.value.clone();
    let revised = new.write(&app, &caller, &account, false).await?;
    let status = if revised.before.is_none() {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let secret = &revised.written.secret;
    let told = SecretOut::written(secret, Some(value), None, revised.before.is_none());
    Ok(respond::json(status, &told))
}
