//! `POST /mcp/approve`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::usecase::approvals::NewRequest;
use jiff::SignedDuration;

use super::respond::{base, decide, verdict};
use crate::{
    app::App,
    http::{
        context::RequestContext,
        fields::{FieldFault, Fields},
        respond,
    },
    v_secure::{
        auth::Signed,
        error::ApiError,
        model::{
            approval::{ApprovalOut, ApproveIn},
            resource::{operation, uri},
        },
        openapi::{Refused, RefusedBody},
        routes::Json,
    },
};

/// For how long access is asked for if nothing is said, in seconds.
const USUAL: u64 = 3600;

/// Files a request for access; or decides one, where the body has an `approvalId`.
#[utoipa::path(
    post,
    path = "/v1/security/mcp/approve",
    tag = "mcp",
    request_body = ApproveIn,
    responses(
        (status = 201, description = "Filed", body = ApprovalOut),
        (status = 200, description = "Decided", body = ApprovalOut),
        Refused,
        RefusedBody,
    )
)]
pub async fn approve(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    context: RequestContext,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    if let Some(id) = fields.text("approvalId")? {
        let verdict = verdict(&mut fields, Some("approve"))?;
        return decide(&app, (&caller, &account.name), &context, &id, &verdict).await;
    }
    let new = request(&mut fields)?;
    let filed = app.coffer.request_access(&caller, &account.name, new).await?;
    let told = ApprovalOut::fresh(&filed, &base(&context), app.coffer.clock().now());
    Ok(respond::json(StatusCode::CREATED, &told))
}

fn request(fields: &mut Fields) -> Result<NewRequest, FieldFault> {
    let ttl = fields.number("ttl")?.unwrap_or(USUAL);
    let ttl = i64::try_from(ttl).map_err(|_| FieldFault::new("ttl", "must be 60 to 86400 seconds"))?;
    let requested_by = fields.text("requestedBy")?;
    if requested_by
        .as_ref()
        .is_some_and(|text| text.chars().count() > 255)
    {
        return Err(FieldFault::new("requestedBy", "must not exceed 255 characters"));
    }
    Ok(NewRequest {
        uri: uri("resource", &fields.required("resource")?)?,
        operation: operation("operation", &fields.required("operation")?)?,
        reason: fields.text("reason")?,
        requested_by,
        length: SignedDuration::from_secs(ttl),
    })
}
