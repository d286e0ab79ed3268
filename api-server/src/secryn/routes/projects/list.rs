//! `GET /projects`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};

use crate::{
    app::App,
    http::query::Query,
    secryn::{
        account::projects,
        auth::Signed,
        error::ApiError,
        model::project::ProjectOut,
        openapi::Refused,
        page::{self, Page, Wanted},
    },
};

/// The projects that the sender has a part in, oldest first.
#[utoipa::path(
    get,
    path = "/v1/projects",
    tag = "projects",
    params(
        ("page" = Option<u64>, Query, description = "From 1; 1 without"),
        ("limit" = Option<u64>, Query, description = "1 to 100; 50 without"),
    ),
    responses((status = 200, description = "A page", body = Page<ProjectOut>), Refused)
)]
pub async fn list_projects(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    uri: Uri,
) -> Result<Response, ApiError> {
    let wanted = Wanted::of(&Query::lenient(uri.query()))?;
    let mut found = projects(&app, &caller).await?;
    // Stable: of those made at once, the account's own comes first.
    found.sort_by_key(|project| project.created_at);
    Ok(page::page(&wanted.of_all(found.iter().map(ProjectOut::from))))
}
