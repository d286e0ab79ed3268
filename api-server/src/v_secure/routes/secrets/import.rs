//! `POST /secrets/import`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use base64::{Engine, prelude::BASE64_STANDARD};
use coffer_domain::{Error, secret_value::SecretValue};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::{NewSecret, batch_upsert::ItemError};
use crate::{
    app::App,
    http::{
        fields::{FieldFault, Fields, MISSING},
        respond,
    },
    v_secure::{
        auth::Signed,
        crypt::{self, Sealed},
        error::ApiError,
        openapi::{Refused, RefusedBody},
        place::Region,
        routes::Json,
    },
};

/// The most secrets of an import.
const MOST: usize = 10_000;

/// What to import.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct ImportIn {
    /// `json`.
    format: Option<String>,
    /// The exported document as text, or that in base64.
    data: String,
    /// What an encrypted one opens with.
    password: Option<String>,
    /// Whether secrets that are there get a new version; else they are skipped.
    overwrite: Option<bool>,
}

/// What became of them.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct ImportOut {
    imported: u64,
    updated: u64,
    skipped: u64,
    failed: u64,
    total: u64,
    errors: Vec<ItemError>,
}

/// Writes the secrets of an exported file, each for itself.
#[utoipa::path(
    post,
    path = "/v1/security/secrets/import",
    tag = "secrets",
    request_body = ImportIn,
    responses((status = 200, description = "What became of each", body = ImportOut), Refused, RefusedBody)
)]
pub async fn import_secrets(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    if !matches!(fields.text("format")?.as_deref(), None | Some("json")) {
        return Err(FieldFault::new("format", "must be json").into());
    }
    let data = fields
        .secret("data")?
        .ok_or_else(|| FieldFault::new("data", MISSING))?;
    let password = fields.secret("password")?;
    let overwrite = fields.flag("overwrite")?.unwrap_or(false);
    // Before a password is hashed a hundred thousand times for somebody who may not write.
    app.coffer
        .may_write(&caller, &account.place(Region::ALL[0])?)
        .await?;
    let items = plain(data, password).await?;
    account.prepare(&app, &caller).await?;
    let mut told = ImportOut::default();
    for item in items {
        told.total += 1;
        let name = item["name"].as_str().unwrap_or_default().to_owned();
        let new = secret(item, app.coffer.clock().now());
        let written = match new {
            Ok(new) => new.write(&app, &caller, &account, !overwrite).await,
            Err(fault) => Err(fault.into()),
        };
        match written {
            Ok(revised) if revised.before.is_none() => told.imported += 1,
            Ok(_) => told.updated += 1,
            Err(ApiError::Domain(Error::AlreadyExists { .. })) => told.skipped += 1,
            Err(error) => {
                told.failed += 1;
                told.errors.push(ItemError::of(name, error));
            }
        }
    }
    Ok(respond::json(StatusCode::OK, &told))
}

/// An item of the file; an end that has passed by now is a fault of that item.
fn secret(item: Value, now: jiff::Timestamp) -> Result<NewSecret, FieldFault> {
    NewSecret::of(&mut Fields::of(item)?, now)
}

async fn plain(data: SecretValue, password: Option<SecretValue>) -> Result<Vec<Value>, FieldFault> {
    let wrong = || FieldFault::new("data", "must be an exported document");
    let text = std::str::from_utf8(data.reveal()).map_err(|_| wrong())?.trim();
    let decoded = Zeroizing::new(if text.starts_with(['{', '[']) {
        text.as_bytes().to_vec()
    } else {
        BASE64_STANDARD.decode(text).map_err(|_| wrong())?
    });
    let opened = match serde_json::from_slice::<Sealed>(&decoded) {
        Err(_) => decoded,
        Ok(sealed) => {
            let password = password.ok_or_else(|| FieldFault::new("password", MISSING))?;
            let opening = tokio::task::spawn_blocking(move || crypt::open(&sealed, password.reveal()));
            let shut = |why: String| FieldFault::new("password", why);
            let opened = opening.await.map_err(|_| wrong())?;
            opened.map_err(|why| shut(format!("does not open it: {why}")))?
        }
    };
    match serde_json::from_slice(&opened) {
        Ok(Value::Array(items)) if items.len() <= MOST => Ok(items),
        _ => Err(wrong()),
    }
}
