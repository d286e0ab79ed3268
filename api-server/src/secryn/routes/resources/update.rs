//! `PUT /resources/{id}`

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
        routes::{Id, Json},
    },
};

/// Renames a resource.
#[utoipa::path(
    put,
    path = "/v1/resources/{id}",
    tag = "resources",
    params(("id" = String, Path, description = "Its id")),
    request_body = ResourceIn,
    responses((status = 200, description = "Changed", body = One<ResourceOut>), Refused, RefusedBody)
)]
pub async fn update_resource(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    Id(id): Id,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let name = fields.label("name", LONGEST_NAME)?;
    let account = account(&app.coffer, &caller).await?;
    let change = |_: Resource| Ok(Resource { name: name.clone() });
    let changed = app.coffer.update_document(&caller, &account, &id, change).await?;
    Ok(page::one(ResourceOut::from(changed)))
}
