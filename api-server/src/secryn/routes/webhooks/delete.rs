//! `DELETE /webhooks/{id}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::outbox::Subscription;

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

/// Deletes a webhook; what was not delivered yet is not any more.
#[utoipa::path(
    delete,
    path = "/v1/webhooks/{id}",
    tag = "webhooks",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "Deleted", body = One<Deleted>), Refused)
)]
pub async fn delete_webhook(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    Id(id): Id,
) -> Result<Response, ApiError> {
    documents::delete::<Subscription>(&app, &caller, &id).await
}
