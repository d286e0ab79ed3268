//! `POST /mcp/resources`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use crate::{
    app::App,
    http::respond,
    v_secure::{
        auth::Signed,
        error::ApiError,
        model::resource::{ResourceIn, ResourceOut, resource},
        openapi::{Refused, RefusedBody},
        routes::Json,
    },
};

/// Says what agents can ask for, and how. What needs no approval takes the right to read secrets besides.
#[utoipa::path(
    post,
    path = "/v1/security/mcp/resources",
    tag = "mcp",
    request_body = ResourceIn,
    responses(
        (status = 201, description = "Set up", body = ResourceOut),
        (status = 200, description = "In place of what there was", body = ResourceOut),
        Refused,
        RefusedBody,
    )
)]
pub async fn configure_resource(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let wanted = resource(&mut fields)?;
    let (kept, new) = app
        .coffer
        .configure_resource(&caller, &account.name, &wanted)
        .await?;
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(respond::json(status, &ResourceOut::from(&kept.body)))
}
