//! `DELETE /projects/{id}`

use std::sync::Arc;

use axum::{extract::State, response::Response};

use crate::{
    app::App,
    secryn::{account::project, auth::Signed, error::ApiError, openapi::Refused, routes::Id},
};

/// Always refused: projects are never deleted.
#[utoipa::path(
    delete,
    path = "/v1/projects/{id}",
    tag = "projects",
    params(("id" = String, Path, description = "Its id")),
    responses(Refused)
)]
pub async fn delete_project(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    Id(id): Id,
) -> Result<Response, ApiError> {
    project(&app, &caller, Some(&id)).await?;
    Err(ApiError::Forbidden("projects are never deleted"))
}
