//! `POST /secrets/batch/upsert`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{NewSecret, batch_get::MOST};
use crate::{
    app::App,
    http::{
        fields::{FieldFault, Fields},
        respond,
    },
    v_secure::{
        auth::Signed,
        error::ApiError,
        model::secret::{SecretAbout, SecretIn},
        openapi::{Refused, RefusedBody},
        routes::Json,
    },
};

/// Which secrets to write.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct BatchUpsertIn {
    /// 1 to 100 of them.
    secrets: Vec<SecretIn>,
}

/// What was written.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct BatchUpsertOut {
    data: Vec<SecretAbout>,
    created: u64,
    updated: u64,
    failed: u64,
    errors: Vec<ItemError>,
}

/// Why one of many was not written.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemError {
    /// Its name, as it was sent.
    pub name: String,
    /// As in any failure.
    pub code: &'static str,
    /// A sentence for people.
    pub message: String,
}

impl ItemError {
    /// Of what was sent as `name`.
    pub fn of(name: String, error: ApiError) -> Self {
        let (code, message) = error.told();
        Self { name, code, message }
    }
}

/// Writes many secrets, each for itself: one that cannot be written keeps none of the others back.
#[utoipa::path(
    post,
    path = "/v1/security/secrets/batch/upsert",
    tag = "secrets",
    request_body = BatchUpsertIn,
    responses((status = 200, description = "What became of each", body = BatchUpsertOut), Refused, RefusedBody)
)]
pub async fn batch_upsert(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let rule = || FieldFault::new("secrets", "must be an array of 1 to 100 secrets");
    let items = match fields.any("secrets") {
        Some(Value::Array(items)) if (1..=MOST).contains(&items.len()) => items,
        _ => return Err(rule().into()),
    };
    app.coffer
        .may_write(&caller, &account.place(crate::v_secure::place::Region::ALL[0])?)
        .await?;
    account.prepare(&app, &caller).await?;
    let mut told = BatchUpsertOut::default();
    for item in items {
        let name = item["name"].as_str().unwrap_or_default().to_owned();
        let new = Fields::of(item).and_then(|mut item| NewSecret::of(&mut item, app.coffer.clock().now()));
        let written = match new {
            Ok(new) => new.write(&app, &caller, &account, false).await,
            Err(fault) => Err(fault.into()),
        };
        match written {
            Ok(revised) => {
                let counted = if revised.before.is_none() {
                    &mut told.created
                } else {
                    &mut told.updated
                };
                *counted += 1;
                told.data.push(SecretAbout::of(&revised.written.secret));
            }
            Err(error) => {
                told.failed += 1;
                told.errors.push(ItemError::of(name, error));
            }
        }
    }
    Ok(respond::json(StatusCode::OK, &told))
}
