//! `DELETE /api-keys/{id}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::Error;

use crate::{
    app::App,
    secryn::{
        account::projects,
        auth::Signed,
        error::ApiError,
        openapi::Refused,
        page::{self, Deleted, One},
        routes::Id,
    },
};

/// Ends an API key at once.
#[utoipa::path(
    delete,
    path = "/v1/api-keys/{id}",
    tag = "api keys",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "Ended", body = One<Deleted>), Refused)
)]
pub async fn delete_api_key(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let missing = || ApiError::NotFound("the API key");
    let projects = projects(&app, &caller).await?;
    let id = id.parse().map_err(|_| missing())?;
    for project in projects {
        match app.coffer.revoke_api_key(&caller, &project.name, id).await {
            Ok(key) => return Ok(page::deleted(key.id.to_string())),
            Err(Error::NotFound { .. }) => {}
            Err(other) => return Err(other.into()),
        }
    }
    Err(missing())
}
