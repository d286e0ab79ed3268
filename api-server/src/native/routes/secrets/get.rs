//! `GET …/secrets/{name}`

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use coffer_domain::{
    address::{Address, Version},
    usecase::Caller,
};

use crate::{
    app::App,
    http::{query::Query, respond},
    native::{
        error::ApiError,
        model::{FailureOut, secret::SecretOut},
    },
};

/// Reads a value: the current version, or an older one.
///
/// A name that holds slashes may come with them as they are, or percent-encoded.
#[utoipa::path(
    get,
    path = "/coffer/v1/organizations/{org}/vaults/{vault}/environments/{environment}/secrets/{name}",
    tag = "secrets",
    params(
        ("org" = String, Path, description = "Organization"),
        ("vault" = String, Path, description = "Vault"),
        ("environment" = String, Path, description = "Environment"),
        ("name" = String, Path, description = "Secret"),
        ("version" = Option<u64>, Query, description = "Which version; the current one without"),
    ),
    responses(
        (status = 200, description = "The value", body = SecretOut,
            headers(("etag" = String, description = "The version, for If-Match"))),
        (status = 400, description = "Not well formed", body = FailureOut),
        (status = 401, description = "No valid credential", body = FailureOut),
        (status = 403, description = "`secrets:read` is missing", body = FailureOut),
        (status = 404, description = "No such secret or version, or it is hidden", body = FailureOut),
        (status = 410, description = "The version is deleted or destroyed", body = FailureOut),
        (status = 503, description = "The store cannot answer now", body = FailureOut),
    )
)]
pub async fn get_secret(
    app: &App,
    caller: &Caller,
    address: &Address,
    query: Option<&str>,
) -> Result<Response, ApiError> {
    let version = Query::read(query, &["version"])?
        .positive("version")?
        .and_then(Version::new);
    let read = app.coffer.read_secret(caller, address, version).await?;
    let mut response = respond::json(StatusCode::OK, &SecretOut::of(&read));
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", read.meta.version)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}
