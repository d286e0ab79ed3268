//! `GET /projects/{id}`

use std::sync::Arc;

use axum::{extract::State, response::Response};

use crate::{
    app::App,
    secryn::{
        account::project,
        auth::Signed,
        error::ApiError,
        model::project::ProjectOut,
        openapi::Refused,
        page::{self, One},
        routes::Id,
    },
};

/// One project.
#[utoipa::path(
    get,
    path = "/v1/projects/{id}",
    tag = "projects",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The project", body = One<ProjectOut>), Refused)
)]
pub async fn get_project(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let found = project(&app, &caller, Some(&id)).await?;
    Ok(page::one(ProjectOut::from(&found)))
}
