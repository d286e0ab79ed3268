//! `PUT /audit-logs/retention`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::{Error, audit_copy::Retention};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    app::App,
    http::{fields::FieldFault, respond},
    v_secure::{
        auth::Signed,
        error::ApiError,
        openapi::{Refused, RefusedBody},
        retention::{KEY, Shown},
        routes::Json,
    },
};

/// For how long entries are shown.
#[derive(Debug, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct RetentionIn {
    /// Such as `2y`.
    default_retention: Option<String>,
    /// Each with `resource`, `action` and `retention`; the first one about an entry counts.
    #[schema(value_type = Option<Vec<Object>>)]
    policies: Option<Vec<Value>>,
}

/// Says for how long this door shows entries. None is ever deleted: the log is a chain.
#[utoipa::path(
    put,
    path = "/v1/security/audit-logs/retention",
    tag = "audit-logs",
    request_body = RetentionIn,
    responses((status = 200, description = "As it is now", body = Object), Refused, RefusedBody)
)]
pub async fn set_retention(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let mut told = Map::new();
    for name in ["defaultRetention", "policies"] {
        if let Some(value) = fields.any(name).filter(|value| !value.is_null()) {
            told.insert(name.to_owned(), value);
        }
    }
    Shown::of(&told, app.coffer.clock().now())?;
    if told.is_empty() {
        return Err(FieldFault::new("defaultRetention", "is required, or policies").into());
    }
    let document = Retention { told: told.clone() };
    let changed = app
        .coffer
        .update_document(&caller, &account.name, KEY, |_| Ok(document.clone()))
        .await;
    match changed {
        Err(Error::NotFound { .. }) => {
            app.coffer
                .create_document(&caller, &account.name, KEY, &document)
                .await?;
        }
        other => drop(other?),
    }
    Ok(respond::json(StatusCode::OK, &told))
}
