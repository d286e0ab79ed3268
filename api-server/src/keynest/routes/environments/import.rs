//! `POST /environments/{id}/import/`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::usecase::keynest::Imported;
use serde::Serialize;

use crate::{
    app::App,
    http::respond,
    keynest::{
        auth::Signed,
        error::Failure,
        input::Unread,
        upload::{FailedOut, Upload},
    },
};

#[derive(Serialize)]
struct ImportedOut<'a> {
    message: &'static str,
    summary: SummaryOut,
    failed_imports: Option<&'a [FailedOut]>,
    /// For the product's own front end, which looks for them here.
    imported_count: usize,
    overwritten_count: usize,
}

#[derive(Serialize)]
struct SummaryOut {
    imported: usize,
    updated: usize,
    failed: usize,
    total_variables: usize,
}

/// Writes what a file says, all of it at once.
pub async fn import(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Failure> {
    let number = signed.asked.number()?;
    app.nest().may_import(&signed.actor, number).await?;
    let upload = Upload::of(body).await?;
    let how = (
        upload.format.as_str(),
        upload.overwrite.unwrap_or(true),
        upload.failed.len(),
    );
    let done = app
        .nest()
        .import(&signed.actor, number, &upload.values, how)
        .await?;
    let (imported, updated) = match done {
        Imported::Done { imported, updated } => (imported, updated),
        Imported::Taken(names) => return Err(Failure::conflicting(&names)),
    };
    let answer = ImportedOut {
        message: "Import completed successfully",
        summary: SummaryOut {
            imported,
            updated,
            failed: upload.failed.len(),
            total_variables: imported + updated,
        },
        failed_imports: (!upload.failed.is_empty()).then_some(&upload.failed),
        imported_count: imported,
        overwritten_count: updated,
    };
    Ok(respond::json(StatusCode::OK, &answer))
}
