//! `DELETE /resources/{id}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::resource::Resource;

use crate::{
    app::App,
    secryn::{
        auth::Signed,
        documents,
        error::ApiError,
        openapi::Refused,
        page::{Deleted, One},
        routes::Id,
    },
};

/// Deletes a resource.
#[utoipa::path(
    delete,
    path = "/v1/resources/{id}",
    tag = "resources",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "Deleted", body = One<Deleted>), Refused)
)]
pub async fn delete_resource(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    Id(id): Id,
) -> Result<Response, ApiError> {
    documents::delete::<Resource>(&app, &caller, &id).await
}
