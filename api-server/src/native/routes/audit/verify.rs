//! `GET /organizations/{org}/audit:verify`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use crate::{
    app::App,
    http::respond,
    native::{
        auth::Signed,
        error::ApiError,
        model::{FailureOut, audit::VerifiedOut},
        path::OrgPath,
    },
};

/// Follows the whole audit chain of an organization.
#[utoipa::path(
    method(get, post),
    path = "/coffer/v1/organizations/{org}/audit:verify",
    tag = "audit",
    params(("org" = String, Path, description = "Organization")),
    responses(
        (status = 200, description = "What was found", body = VerifiedOut),
        (status = 401, description = "No valid credential", body = FailureOut),
        (status = 403, description = "`audit:read` is missing", body = FailureOut),
        (status = 404, description = "No such organization, or it is hidden", body = FailureOut),
    )
)]
pub async fn verify_audit(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    OrgPath(organization): OrgPath,
) -> Result<Response, ApiError> {
    let verified = app.coffer.verify_audit(&caller, &organization).await?;
    Ok(respond::json(StatusCode::OK, &VerifiedOut::from(verified)))
}
