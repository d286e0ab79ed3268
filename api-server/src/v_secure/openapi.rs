//! This door's OpenAPI document, from the handlers' own annotations.

use utoipa::{
    IntoResponses, OpenApi,
    openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
};

use super::{
    error::FailureOut,
    routes::{api_keys, audit_logs, health, mcp, secrets, webhooks},
};
use crate::http::documented::{self, refused};

refused!(
    FailureOut,
    "No key, or none that works",
    "The key is not for this"
);

/// How a request with a body may be refused besides.
#[derive(IntoResponses)]
pub enum RefusedBody {
    /// The body is too large
    #[response(status = 413)]
    TooLarge(FailureOut),
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "v-secure, as served by Coffer",
        description = "Secrets, API keys, access by approval for agents, audit logs and webhooks. Every path is also served below `/api/v1/security`.",
        version = "1.0.0",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    security(("bearer" = []), ("key" = [])),
    paths(
        health::health,
        secrets::list::list_secrets,
        secrets::create::create_secret,
        secrets::get::get_secret,
        secrets::update::update_secret,
        secrets::delete::delete_secret,
        secrets::versions::list_versions,
        secrets::rollback::roll_back,
        secrets::rotate::rotate_secret,
        secrets::batch_get::batch_get,
        secrets::batch_upsert::batch_upsert,
        secrets::export::export_secrets,
        secrets::import::import_secrets,
        api_keys::list::list_keys,
        api_keys::create::create_key,
        api_keys::get::get_key,
        api_keys::update::update_key,
        api_keys::revoke::revoke_key,
        api_keys::rotate::rotate_key,
        api_keys::usage::key_usage,
        mcp::list::list_resources,
        mcp::configure::configure_resource,
        mcp::get::read_resource,
        mcp::approve::approve,
        mcp::approvals::list_approvals,
        mcp::approvals::get_approval,
        mcp::respond::respond,
        mcp::audit::list_access,
        audit_logs::list::list_logs,
        audit_logs::get::get_log,
        audit_logs::verify::verify_log,
        audit_logs::export::export_logs,
        audit_logs::exports::get_export,
        audit_logs::download::download_export,
        audit_logs::stream::stream_logs,
        audit_logs::reports::make_report,
        audit_logs::report::get_report,
        audit_logs::retention::set_retention,
        audit_logs::integrations::add_integration,
        webhooks::list::list_webhooks,
        webhooks::create::create_webhook,
        webhooks::get::get_webhook,
        webhooks::update::update_webhook,
        webhooks::delete::delete_webhook,
    )
)]
struct Api;

/// The document as pretty JSON, the same for the same code.
pub fn document() -> String {
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let key = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-API-Key")));
    documented::annotated(
        Api::openapi(),
        Some("/v-secure"),
        [("bearer", bearer), ("key", key)],
    )
}
