//! `POST /resources`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::resource::Resource;

use super::LONGEST_NAME;
use crate::{
    app::App,
    secryn::{
        auth::{Signed, account},
        error::ApiError,
        model::resource::{ResourceIn, ResourceOut},
        openapi::{Refused, RefusedBody},
        page::{self, One},
        routes::Json,
    },
};

/// Makes a resource.
#[utoipa::path(
    post,
    path = "/v1/resources",
    tag = "resources",
    request_body = ResourceIn,
    responses((status = 200, description = "Made", body = One<ResourceOut>), Refused, RefusedBody)
)]
pub async fn create_resource(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let name = fields.label("name", LONGEST_NAME)?;
    let account = account(&app.coffer, &caller).await?;
    let id = app.coffer.fresh_key("res_");
    let made = app
        .coffer
        .create_document(&caller, &account, &id, &Resource { name })
        .await?;
    Ok(page::one(ResourceOut::from(made)))
}
