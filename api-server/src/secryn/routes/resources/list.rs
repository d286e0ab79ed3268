//! `GET /resources`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::resource::Resource;

use crate::{
    app::App,
    secryn::{
        auth::Signed, documents, error::ApiError, model::resource::ResourceOut, openapi::Refused, page::Page,
    },
};

/// The account's resources, oldest first.
#[utoipa::path(
    get,
    path = "/v1/resources",
    tag = "resources",
    params(
        ("page" = Option<u64>, Query, description = "From 1; 1 without"),
        ("limit" = Option<u64>, Query, description = "1 to 100; 50 without"),
    ),
    responses((status = 200, description = "A page", body = Page<ResourceOut>), Refused)
)]
pub async fn list_resources(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    uri: Uri,
) -> Result<Response, ApiError> {
    documents::list::<Resource, ResourceOut>(&app, &caller, &uri).await
}
