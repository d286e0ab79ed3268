//! `GET /organizations/{org}/vaults`

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::Response,
};
use coffer_domain::{Error, name::VaultName};

use crate::{
    app::App,
    http::{query::Query, respond},
    native::{
        auth::Signed,
        error::ApiError,
        model::{FailureOut, vault::VaultOut},
        page::{Page, limit},
        path::OrgPath,
    },
};

/// The vaults that the sender may see, by name.
#[utoipa::path(
    get,
    path = "/coffer/v1/organizations/{org}/vaults",
    tag = "vaults",
    params(
        ("org" = String, Path, description = "Organization"),
        ("after" = Option<String>, Query, description = "Start after this name"),
        ("limit" = Option<u32>, Query, description = "1 to 1000; 100 without"),
    ),
    responses(
        (status = 200, description = "A page", body = Page<VaultOut>),
        (status = 400, description = "Not well formed", body = FailureOut),
        (status = 401, description = "No valid credential", body = FailureOut),
        (status = 403, description = "No vault may be seen", body = FailureOut),
        (status = 404, description = "No such organization, or it is hidden", body = FailureOut),
    )
)]
pub async fn list_vaults(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    OrgPath(organization): OrgPath,
    uri: Uri,
) -> Result<Response, ApiError> {
    let query = Query::read(uri.query(), &["after", "limit"])?;
    let limit = limit(&query)?;
    let after = query
        .text("after")
        .map(VaultName::new)
        .transpose()
        .map_err(Error::from)?;
    let vaults = app
        .coffer
        .list_vaults(&caller, &organization, after.as_ref(), limit)
        .await?;
    let page = Page::of(vaults, limit, |vault| vault.name.to_string(), VaultOut::from);
    Ok(respond::json(StatusCode::OK, &page))
}
