//! `GET /audit-logs/exports/{export}/download`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::audit_copy::{AuditExport, ExportPart, ExportState};

use crate::{
    app::App,
    v_secure::{
        auth::Signed,
        error::ApiError,
        exports::{self, Format},
        openapi::Refused,
        routes::{Id, download},
    },
};

/// The file of an export that is completed.
#[utoipa::path(
    get,
    path = "/v1/security/audit-logs/exports/{export}/download",
    tag = "audit-logs",
    params(("export" = String, Path, description = "The export's id")),
    responses((status = 200, description = "The file", body = String, content_type = "application/x-ndjson"), Refused)
)]
pub async fn download_export(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let missing = || ApiError::NotFound("Export", id.clone());
    let found = app
        .coffer
        .get_document::<AuditExport>(&caller, &account.name, &id)
        .await?;
    if found.body.state != ExportState::Completed {
        return Err(missing());
    }
    let mut bytes = Vec::new();
    for number in 0..found.body.parts {
        let key = exports::part(&id, number);
        let part = app.coffer.job_document::<ExportPart>(account.id, &key).await?;
        bytes.extend_from_slice(part.ok_or_else(missing)?.body.data.reveal());
    }
    let format = Format::parse(&found.body.format).ok_or_else(missing)?;
    let (extension, kind) = format.file(found.body.compressed);
    Ok(download(&format!("{id}.{extension}"), kind, bytes.into()))
}
