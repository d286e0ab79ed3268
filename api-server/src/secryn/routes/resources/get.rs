//! `GET /resources/{id}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::resource::Resource;

use crate::{
    app::App,
    secryn::{
        auth::{Signed, account},
        error::ApiError,
        model::resource::ResourceOut,
        openapi::Refused,
        page::{self, One},
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
    let account = account(&app.coffer, &caller).await?;
    let found = app
        .coffer
        .get_document::<Resource>(&caller, &account, &id)
        .await?;
    Ok(page::one(ResourceOut::from(found)))
}
