//! `GET /mcp/approvals`, `GET /mcp/approvals/{id}`

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::Response,
};

use super::MOST;
use crate::{
    app::App,
    http::{fields::FieldFault, query::Query, respond},
    v_secure::{
        auth::Signed,
        error::ApiError,
        model::{
            approval::{ApprovalOut, stage},
            resource::uri as parse_uri,
        },
        openapi::Refused,
        page::{Page, Wanted},
        routes::Id,
    },
};

/// Requests for access, newest first.
#[utoipa::path(
    get,
    path = "/v1/security/mcp/approvals",
    tag = "mcp",
    params(
        ("status" = Option<String>, Query, description = "`pending`, `approved`, `denied` or `expired`"),
        ("resource" = Option<String>, Query, description = "Only those for this URI"),
        ("limit" = Option<u64>, Query, description = "1 to 100; 50 without"),
        ("cursor" = Option<String>, Query, description = "Of an earlier page"),
    ),
    responses((status = 200, description = "A page", body = Page<ApprovalOut>), Refused)
)]
pub async fn list_approvals(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    uri: Uri,
) -> Result<Response, ApiError> {
    let query = Query::lenient(uri.query());
    let wanted = Wanted::of(&query, MOST)?;
    let status = query.text("status");
    if status.is_some_and(|it| !["pending", "approved", "denied", "expired"].contains(&it)) {
        return Err(FieldFault::new("status", "must be pending, approved, denied or expired").into());
    }
    let resource = query
        .text("resource")
        .map(|text| parse_uri("resource", text))
        .transpose()?;
    let now = app.coffer.clock().now();
    let all = app.coffer.list_approvals(&caller, &account.name).await?;
    let found = all.iter().filter(|kept| {
        status.is_none_or(|status| status == stage(kept.body.stage(now)))
            && resource
                .as_ref()
                .is_none_or(|resource| *resource == kept.body.uri)
    });
    let items = found.map(|kept| (kept.key.clone(), ApprovalOut::of(kept, now)));
    Ok(respond::json(
        StatusCode::OK,
        &wanted.of_all(items.collect(), true),
    ))
}

/// One request.
#[utoipa::path(
    get,
    path = "/v1/security/mcp/approvals/{id}",
    tag = "mcp",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The request", body = ApprovalOut), Refused)
)]
pub async fn get_approval(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let found = app
        .coffer
        .get_document::<coffer_domain::approval::Approval>(&caller, &account.name, &id)
        .await;
    let found = found.map_err(|error| match error {
        coffer_domain::Error::NotFound { what: "approval", .. } => ApiError::NotFound("Approval", id),
        other => other.into(),
    })?;
    let told = ApprovalOut::of(&found, app.coffer.clock().now());
    Ok(respond::json(StatusCode::OK, &told))
}
