//! `GET /secrets/{name}`

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::Response,
};
use coffer_domain::address::Version;

use crate::{
    app::App,
    http::{fields::FieldFault, query::Query, respond},
    v_secure::{
        auth::Signed, error::ApiError, model::secret::SecretOut, openapi::Refused, page, place, routes::Id,
    },
};

/// A secret with its value: the current version, or another one.
#[utoipa::path(
    get,
    path = "/v1/security/secrets/{name}",
    tag = "secrets",
    params(
        ("name" = String, Path, description = "Its name"),
        ("version" = Option<u64>, Query, description = "An older version"),
        ("includeMetadata" = Option<bool>, Query, description = "Whether to tell its metadata; true without"),
    ),
    responses((status = 200, description = "The secret", body = SecretOut), Refused)
)]
pub async fn get_secret(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Id(id): Id,
    uri: Uri,
) -> Result<Response, ApiError> {
    let query = Query::lenient(uri.query());
    let version = version(&query)?;
    let with_metadata = page::flag(&query, "includeMetadata", true)?;
    let name = place::named(&id)?;
    let read = account.read(&app, &caller, &name, version).await?;
    let told = SecretOut::read(read, app.coffer.clock().now());
    let told = if with_metadata {
        told
    } else {
        told.without_metadata()
    };
    Ok(respond::json(StatusCode::OK, &told))
}

fn version(query: &Query<'_>) -> Result<Option<Version>, FieldFault> {
    let number = query
        .positive("version")
        .map_err(|_| FieldFault::new("version", "must be a whole number from 1"))?;
    Ok(number.and_then(Version::new))
}
