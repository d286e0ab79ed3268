//! `GET /coffer/v1/whoami`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use crate::{
    app::App,
    http::respond,
    native::{
        auth::Signed,
        error::ApiError,
        model::{FailureOut, whoami::WhoamiOut},
    },
};

/// Says who the server takes the sender for.
#[utoipa::path(
    get,
    path = "/coffer/v1/whoami",
    tag = "whoami",
    responses(
        (status = 200, description = "The holder of the credential", body = WhoamiOut),
        (status = 401, description = "No valid credential", body = FailureOut),
    )
)]
pub async fn whoami(State(app): State<Arc<App>>, Signed(caller): Signed) -> Result<Response, ApiError> {
    let organization = app.coffer.own_organization(&caller).await?;
    Ok(respond::json(
        StatusCode::OK,
        &WhoamiOut::of(caller.principal, organization),
    ))
}
