//! `POST /mcp/approvals/{id}/respond`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::{
    Error,
    name::OrgName,
    usecase::{Caller, approvals::NewVerdict},
};

use crate::{
    app::App,
    http::{
        context::RequestContext,
        fields::{FieldFault, Fields},
        respond as answer,
    },
    v_secure::{
        auth::Signed,
        error::ApiError,
        model::approval::{ApprovalOut, RespondIn},
        openapi::{Refused, RefusedBody},
        routes::{BASE, Id, Json},
    },
};

/// Decides a request, once. `accessToken` is shown this once.
#[utoipa::path(
    post,
    path = "/v1/security/mcp/approvals/{id}/respond",
    tag = "mcp",
    params(("id" = String, Path, description = "The request's id")),
    request_body = RespondIn,
    responses((status = 200, description = "Decided", body = ApprovalOut), Refused, RefusedBody)
)]
pub async fn respond(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    context: RequestContext,
    Id(id): Id,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let verdict = verdict(&mut fields, None)?;
    decide(&app, (&caller, &account.name), &context, &id, &verdict).await
}

/// The address of this door, as the request came by it.
pub(super) fn base(context: &RequestContext) -> String {
    format!("{}{BASE}", context.0.mount())
}

/// The decision in a body; `usual` if it names none.
pub(super) fn verdict(fields: &mut Fields, usual: Option<&str>) -> Result<NewVerdict, FieldFault> {
    let action = fields.text("action")?;
    let grant = match action.as_deref().or(usual) {
        Some("approve") => true,
        Some("deny") => false,
        _ => return Err(FieldFault::new("action", "must be approve or deny")),
    };
    let short = |name: &str, text: Option<String>| match text {
        Some(text) if text.chars().count() > 2000 => {
            Err(FieldFault::new(name, "must not exceed 2000 characters"))
        }
        text => Ok(text),
    };
    Ok(NewVerdict {
        grant,
        reason: short("reason", fields.text("reason")?)?,
        by: short("approvedBy", fields.text("approvedBy")?)?,
    })
}

/// Decides, and tells what came of it.
pub(super) async fn decide(
    app: &App,
    (caller, account): (&Caller, &OrgName),
    context: &RequestContext,
    id: &str,
    verdict: &NewVerdict,
) -> Result<Response, ApiError> {
    let decided = app.coffer.decide_access(caller, account, id, verdict).await;
    let decided = decided.map_err(|error| match error {
        Error::NotFound { what: "approval", .. } => ApiError::NotFound("Approval", id.to_owned()),
        other => other.into(),
    })?;
    let told = ApprovalOut::fresh(&decided, &base(context), app.coffer.clock().now());
    Ok(answer::json(StatusCode::OK, &told))
}
