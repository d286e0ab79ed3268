//! `PUT /projects/{id}`

use std::sync::Arc;

use axum::{extract::State, response::Response};

use crate::{
    app::App,
    secryn::{
        account::project,
        auth::Signed,
        error::ApiError,
        model::project::{ProjectIn, ProjectOut},
        openapi::{Refused, RefusedBody},
        page::{self, One},
        place::label,
        routes::{Id, Json},
    },
};

/// Gives a project another name, for people: the organization that it is keeps its own.
#[utoipa::path(
    put,
    path = "/v1/projects/{id}",
    tag = "projects",
    params(("id" = String, Path, description = "Its id")),
    request_body = ProjectIn,
    responses((status = 200, description = "Changed", body = One<ProjectOut>), Refused, RefusedBody)
)]
pub async fn update_project(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    Id(id): Id,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let found = project(&app, &caller, Some(&id)).await?;
    let name = label(&mut fields)?;
    let changed = app.coffer.label_organization(&caller, &found.name, &name).await?;
    Ok(page::one(ProjectOut::from(&changed)))
}
