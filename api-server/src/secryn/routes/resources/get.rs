//! `GET /resources/{id}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::resource::Resource;

use crate::{
    app::App,
    secryn::{
        auth::Signed, documents, error::ApiError, model::resource::ResourceOut, openapi::Refused, page::One,
        routes::Id,
    },
};

/// One resource.
#[utoipa::path(
    get,
    path = "/v1/resources/{id}",
    tag = "resources",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The resource", body = One<ResourceOut>), Refused)
)]
pub async fn get_resource(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    Id(id): Id,
) -> Result<Response, ApiError> {
    documents::get::<Resource, ResourceOut>(&app, &caller, &id).await
}
