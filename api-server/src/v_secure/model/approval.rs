//! Requests for access.

use coffer_domain::{
    approval::{Approval, Stage},
    record::Kept,
    usecase::approvals::Granted,
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Moment, Shown};
use crate::v_secure::words::SCHEME;

/// A request to be filed, or, with `approvalId`, to be decided.
#[derive(Debug, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct ApproveIn {
    /// A URI such as `vsecure://secrets/production/DATABASE_URL`.
    resource: Option<String>,
    /// `read` or `write`.
    operation: Option<String>,
    reason: Option<String>,
    requested_by: Option<String>,
    /// In seconds: 60 to 86,400; 3,600 without.
    ttl: Option<u64>,
    /// The request to decide.
    approval_id: Option<String>,
    /// `approve` or `deny`.
    action: Option<String>,
    approved_by: Option<String>,
}

/// A decision.
#[derive(Debug, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct RespondIn {
    /// `approve` or `deny`.
    action: String,
    reason: Option<String>,
    approved_by: Option<String>,
}

/// How a stage is called.
pub fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Pending => "pending",
        Stage::Approved => "approved",
        Stage::Denied => "denied",
        Stage::Expired => "expired",
    }
}

/// A request.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalOut {
    /// `appr_` and more.
    approval_id: String,
    /// `pending`, `approved`, `denied` or `expired`.
    status: &'static str,
    resource: String,
    operation: &'static str,
    reason: Option<String>,
    requested_by: String,
    requested_at: Moment,
    expires_at: Moment,
    approved_by: Option<String>,
    approved_at: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    denied_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    denied_at: Option<Moment>,
    /// Where it can be decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    approval_url: Option<String>,
    /// What makes use of it: shown once, when it is approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    access_token: Option<Shown>,
}

impl ApprovalOut {
    /// Of a request at `now`.
    pub fn of(kept: &Kept<Approval>, now: Timestamp) -> Self {
        let body = &kept.body;
        let verdict = body.verdict.as_ref();
        let granted = verdict.filter(|it| it.granted);
        let denied = verdict.filter(|it| !it.granted);
        Self {
            approval_id: kept.key.clone(),
            status: stage(body.stage(now)),
            resource: format!("{SCHEME}{}", body.uri),
            operation: body.operation.as_str(),
            reason: body.reason.clone(),
            requested_by: body.requested_by.clone(),
            requested_at: Moment(body.requested_at),
            expires_at: Moment(body.expires_at),
            approved_by: granted.map(|it| it.by.clone()),
            approved_at: granted.map(|it| Moment(it.at)),
            denied_by: denied.map(|it| it.by.clone()),
            denied_at: denied.map(|it| Moment(it.at)),
            approval_url: None,
            access_token: None,
        }
    }

    /// As it was filed or decided just now, with its token if it was granted.
    pub fn fresh(granted: &Granted, base: &str, now: Timestamp) -> Self {
        let token = granted.token.as_ref();
        Self {
            approval_url: Some(format!("{base}/mcp/approvals/{}", granted.approval.key)),
            access_token: token.map(|token| Shown::new(token.secret().clone())),
            ..Self::of(&granted.approval, now)
        }
    }
}
