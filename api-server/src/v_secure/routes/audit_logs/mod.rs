//! `/audit-logs`

pub mod download;
pub mod export;
pub mod exports;
pub mod get;
pub mod integrations;
pub mod list;
pub mod report;
pub mod reports;
pub mod retention;
pub mod stream;
pub mod verify;

use axum::routing;

use super::Route;
use crate::v_secure::{error::ApiError, id};

/// The most entries of a page.
const MOST: usize = 1000;

/// The routes of this noun. Literal parts are matched before ids.
pub(super) fn routes() -> Vec<Route> {
    vec![
        ("/audit-logs", routing::get(list::list_logs)),
        (
            "/audit-logs/export",
            routing::post(export::export_logs).get(get::get_log),
        ),
        ("/audit-logs/exports/{export}", routing::get(exports::get_export)),
        (
            "/audit-logs/exports/{export}/download",
            routing::get(download::download_export),
        ),
        ("/audit-logs/stream", routing::get(stream::stream_logs)),
        (
            "/audit-logs/reports",
            routing::post(reports::make_report).get(get::get_log),
        ),
        ("/audit-logs/reports/{report}", routing::get(report::get_report)),
        (
            "/audit-logs/retention",
            routing::put(retention::set_retention).get(get::get_log),
        ),
        (
            "/audit-logs/integrations",
            routing::post(integrations::add_integration).get(get::get_log),
        ),
        ("/audit-logs/{id}", routing::get(get::get_log)),
        ("/audit-logs/{id}/verify", routing::post(verify::verify_log)),
    ]
}

/// The number of the entry that a path names.
fn number(text: &str) -> Result<u64, ApiError> {
    id::parse_log(text).ok_or_else(|| missing(text))
}

fn missing(id: &str) -> ApiError {
    ApiError::NotFound("Audit log", id.to_owned())
}
