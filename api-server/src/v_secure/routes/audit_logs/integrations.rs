//! `POST /audit-logs/integrations`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::{audit_copy::AuditFeed, secret_value::SecretValue};

use crate::{
    app::App,
    http::{
        fields::{FieldFault, Fields, MISSING},
        respond,
    },
    v_secure::{
        NAME,
        auth::Signed,
        error::ApiError,
        feeds, hooks, id,
        model::{
            export::{FeedIn, FeedOut},
            object,
        },
        openapi::{Refused, RefusedBody},
        routes::Json,
    },
};

/// Has entries sent to another system, as they come.
#[utoipa::path(
    post,
    path = "/v1/security/audit-logs/integrations",
    tag = "audit-logs",
    request_body = FeedIn,
    responses((status = 201, description = "Set up", body = FeedOut), Refused, RefusedBody)
)]
pub async fn add_integration(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let kind = fields.text("type")?.unwrap_or_default();
    if !feeds::KINDS.contains(&kind.as_str()) {
        return Err(FieldFault::new("type", "must be splunk or datadog; there are no others here").into());
    }
    let config = object(&mut fields, "config")?.ok_or_else(|| FieldFault::new("config", MISSING))?;
    let mut config = Fields::of(config.into())?;
    let endpoint = config.required("endpoint")?;
    hooks::check_url("config.endpoint", &endpoint)?;
    let token: SecretValue = config
        .secret("token")?
        .ok_or_else(|| FieldFault::new("config.token", MISSING))?;
    let feed = AuditFeed {
        door: NAME.to_owned(),
        kind,
        endpoint,
        token,
        only_refused: only_refused(&mut fields)?,
        after: app.coffer.newest_entry(account.id).await?,
        failures: 0,
        next_at: app.coffer.clock().now(),
    };
    let key = id::of("int_", app.coffer.fresh_key(""));
    let kept = app
        .coffer
        .create_document(&caller, &account.name, &key, &feed)
        .await?;
    Ok(respond::json(StatusCode::CREATED, &FeedOut::from(&kept)))
}

fn only_refused(fields: &mut Fields) -> Result<bool, FieldFault> {
    let filters = object(fields, "filters")?.unwrap_or_default();
    match filters.get("minLevel").and_then(serde_json::Value::as_str) {
        None | Some("debug" | "info") => Ok(false),
        Some("warning" | "warn" | "error" | "critical") => Ok(true),
        Some(_) => Err(FieldFault::new(
            "filters",
            "must have a minLevel of info or warning",
        )),
    }
}
