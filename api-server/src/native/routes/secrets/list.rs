//! `GET …/secrets`

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::Response,
};
use coffer_domain::{Error, name::SecretName};

use crate::{
    app::App,
    http::{query::Query, respond},
    native::{
        auth::Signed,
        error::ApiError,
        model::{FailureOut, secret::SecretSummary},
        page::{Page, limit},
        path::PlacePath,
    },
};

/// The secrets of an environment that the sender may see, by name, without values; deleted ones too.
#[utoipa::path(
    get,
    path = "/coffer/v1/organizations/{org}/vaults/{vault}/environments/{environment}/secrets",
    tag = "secrets",
    params(
        ("org" = String, Path, description = "Organization"),
        ("vault" = String, Path, description = "Vault"),
        ("environment" = String, Path, description = "Environment"),
        ("after" = Option<String>, Query, description = "Start after this name"),
        ("limit" = Option<u32>, Query, description = "1 to 1000; 100 without"),
    ),
    responses(
        (status = 200, description = "A page", body = Page<SecretSummary>),
        (status = 400, description = "Not well formed", body = FailureOut),
        (status = 401, description = "No valid credential", body = FailureOut),
        (status = 403, description = "`secrets:list` is missing", body = FailureOut),
        (status = 404, description = "No such vault or environment, or it is hidden", body = FailureOut),
    )
)]
pub async fn list_secrets(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    PlacePath(place): PlacePath,
    uri: Uri,
) -> Result<Response, ApiError> {
    let query = Query::read(uri.query(), &["after", "limit"])?;
    let limit = limit(&query)?;
    let after = query
        .text("after")
        .map(SecretName::new)
        .transpose()
        .map_err(Error::from)?;
    let secrets = app
        .coffer
        .list_secrets(&caller, &place, after.as_ref(), limit)
        .await?;
    let page = Page::of(
        secrets,
        limit,
        |secret| secret.name.to_string(),
        SecretSummary::from,
    );
    Ok(respond::json(StatusCode::OK, &page))
}
