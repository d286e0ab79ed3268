//! `POST /projects`

use std::sync::Arc;

use axum::{extract::State, response::Response};

use crate::{
    app::App,
    secryn::{
        auth::{Signed, account},
        error::ApiError,
        model::project::{ProjectIn, ProjectOut},
        openapi::{Refused, RefusedBody},
        page::{self, One},
        place::label,
        routes::Json,
    },
};

/// Makes a project. At every other door it is an organization, whose name the answer tells.
#[utoipa::path(
    post,
    path = "/v1/projects",
    tag = "projects",
    request_body = ProjectIn,
    responses((status = 200, description = "Made", body = One<ProjectOut>), Refused, RefusedBody)
)]
pub async fn create_project(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let name = label(&mut fields)?;
    let account = account(&app.coffer, &caller).await?;
    let made = app.coffer.create_project(&caller, &account, &name).await?;
    Ok(page::one(ProjectOut::from(&made)))
}
