//! `GET …/consumers`

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
        model::{FailureOut, consumer::ConsumerOut},
        page::Page,
        path::PlacePath,
    },
};

/// Which pod holds which version of the secrets of an environment.
#[utoipa::path(
    get,
    path = "/coffer/v1/organizations/{org}/vaults/{vault}/environments/{environment}/consumers",
    tag = "consumers",
    params(
        ("org" = String, Path, description = "Organization"),
        ("vault" = String, Path, description = "Vault"),
        ("environment" = String, Path, description = "Environment"),
        ("name" = Option<String>, Query, description = "Only for this secret"),
    ),
    responses(
        (status = 200, description = "The ledger", body = Page<ConsumerOut>),
        (status = 400, description = "Not well formed", body = FailureOut),
        (status = 401, description = "No valid credential", body = FailureOut),
        (status = 403, description = "`consumers:read` is missing", body = FailureOut),
        (status = 404, description = "No such vault or environment, or it is hidden", body = FailureOut),
    )
)]
pub async fn list_consumers(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    PlacePath(place): PlacePath,
    uri: Uri,
) -> Result<Response, ApiError> {
    let query = Query::read(uri.query(), &["name"])?;
    let name = query
        .text("name")
        .map(SecretName::new)
        .transpose()
        .map_err(Error::from)?;
    let lines = app.coffer.list_consumers(&caller, &place).await?;
    let meant = lines
        .into_iter()
        .filter(|held| name.as_ref().is_none_or(|name| held.line.name == *name));
    let shown = meant.map(ConsumerOut::of);
    Ok(respond::json(StatusCode::OK, &Page::whole(shown.collect())))
}
