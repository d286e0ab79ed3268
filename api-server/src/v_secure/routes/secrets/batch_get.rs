//! `POST /secrets/batch/get`

use std::{collections::BTreeMap, sync::Arc};

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    http::{
        fields::{FieldFault, MISSING},
        respond,
    },
    v_secure::{
        auth::Signed,
        error::ApiError,
        model::{Shown, secret::SecretOut},
        openapi::{Refused, RefusedBody},
        place,
        routes::Json,
    },
};

/// The most names.
pub(super) const MOST: usize = 100;

/// Which secrets to read.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct BatchGetIn {
    /// 1 to 100 names.
    names: Vec<String>,
}

/// What was read.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BatchGetOut {
    /// The secrets, in the order asked for.
    data: Vec<SecretOut>,
    /// Their values by name.
    #[schema(value_type = BTreeMap<String, String>)]
    secrets: BTreeMap<String, Shown>,
    /// The names that there are no secrets of.
    not_found: Vec<String>,
}

/// Reads many secrets at once; each is an access of its own.
#[utoipa::path(
    post,
    path = "/v1/security/secrets/batch/get",
    tag = "secrets",
    request_body = BatchGetIn,
    responses((status = 200, description = "The secrets", body = BatchGetOut), Refused, RefusedBody)
)]
pub async fn batch_get(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let names = fields.texts("names")?;
    let names = names.ok_or_else(|| FieldFault::new("names", MISSING))?;
    if names.is_empty() || names.len() > MOST {
        return Err(FieldFault::new("names", "must be 1 to 100 names").into());
    }
    let mut told = BatchGetOut {
        data: Vec::new(),
        secrets: BTreeMap::new(),
        not_found: Vec::new(),
    };
    for name in names {
        let read = match place::named(&name) {
            Ok(name) => account.read(&app, &caller, &name, None).await,
            Err(error) => Err(error),
        };
        match read {
            Ok(read) => {
                told.secrets.insert(name, Shown::new(read.value.clone()));
                told.data.push(SecretOut::read(read, app.coffer.clock().now()));
            }
            Err(ApiError::NoSecret(..)) => told.not_found.push(name),
            Err(other) => return Err(other),
        }
    }
    Ok(respond::json(StatusCode::OK, &told))
}
