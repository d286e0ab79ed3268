//! `POST /audit-logs/export`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::audit_copy::{AuditExport, ExportState};
use serde_json::Value;

use crate::{
    app::App,
    http::{context::RequestContext, fields::FieldFault, respond},
    v_secure::{
        NAME,
        auth::Signed,
        error::ApiError,
        exports::Format,
        id,
        model::{
            export::{ExportIn, ExportOut},
            object,
        },
        openapi::{Refused, RefusedBody},
        routes::Json,
        tell::Filter,
    },
};

/// Has a file made of entries, in the background.
#[utoipa::path(
    post,
    path = "/v1/security/audit-logs/export",
    tag = "audit-logs",
    request_body = ExportIn,
    responses((status = 202, description = "It is being made", body = ExportOut), Refused, RefusedBody)
)]
pub async fn export_logs(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    context: RequestContext,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let now = app.coffer.clock().now();
    let format = fields.text("format")?.unwrap_or_else(|| "json".to_owned());
    if Format::parse(&format).is_none() {
        let rule = "must be json, csv or syslog; there is no parquet here";
        return Err(FieldFault::new("format", rule).into());
    }
    let mut filter = object(&mut fields, "filters")?.unwrap_or_default();
    for name in ["since", "until"] {
        if let Some(text) = fields.text(name)? {
            // Ago is counted from now and not from when the file is made.
            let at = crate::v_secure::span::moment(name, &text, now)?;
            filter.insert(name.to_owned(), Value::from(at.to_string()));
        }
    }
    Filter::of_object(&filter, now)?;
    let export = AuditExport {
        door: NAME.to_owned(),
        format,
        filter,
        up_to: app.coffer.newest_entry(account.id).await?,
        signatures: fields.flag("includeSignatures")?.unwrap_or(true),
        compressed: fields.flag("compress")?.unwrap_or(false),
        state: ExportState::Processing,
        parts: 0,
        bytes: 0,
        entries: 0,
        asked_at: now,
    };
    let key = id::of("exp_", app.coffer.fresh_key(""));
    let kept = app
        .coffer
        .create_document(&caller, &account.name, &key, &export)
        .await?;
    let told = ExportOut::of(&kept, &base(&context));
    Ok(respond::json(StatusCode::ACCEPTED, &told))
}

/// The address of this door, as the request came by it.
pub(super) fn base(context: &RequestContext) -> String {
    format!("{}{}", context.0.mount(), crate::v_secure::routes::BASE)
}
