//! `GET /organizations/{org}/api-keys`

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::Response,
};

use crate::{
    app::App,
    http::{query::Query, respond},
    native::{
        auth::Signed,
        error::ApiError,
        model::{FailureOut, api_key::ApiKeyOut},
        page::{Page, limit},
        path::OrgPath,
    },
};

/// The API keys of an organization, oldest first, revoked ones too; never a token.
#[utoipa::path(
    get,
    path = "/coffer/v1/organizations/{org}/api-keys",
    tag = "api-keys",
    params(
        ("org" = String, Path, description = "Organization"),
        ("after" = Option<String>, Query, description = "Start after this id"),
        ("limit" = Option<u32>, Query, description = "1 to 1000; 100 without"),
    ),
    responses(
        (status = 200, description = "A page", body = Page<ApiKeyOut>),
        (status = 400, description = "Not well formed", body = FailureOut),
        (status = 401, description = "No valid credential", body = FailureOut),
        (status = 403, description = "`keys:manage` is missing", body = FailureOut),
        (status = 404, description = "No such organization, or it is hidden", body = FailureOut),
    )
)]
pub async fn list_api_keys(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    OrgPath(organization): OrgPath,
    uri: Uri,
) -> Result<Response, ApiError> {
    let query = Query::read(uri.query(), &["after", "limit"])?;
    let limit = limit(&query)?;
    let after = query.parsed("after", "the id of an API key")?;
    let keys = app
        .coffer
        .list_api_keys(&caller, &organization, after, limit)
        .await?;
    let page = Page::of(keys, limit, |key| key.id.to_string(), ApiKeyOut::from);
    Ok(respond::json(StatusCode::OK, &page))
}
