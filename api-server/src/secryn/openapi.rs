//! This door's OpenAPI document, from the handlers' own annotations.

use utoipa::{
    IntoResponses, OpenApi,
    openapi::security::{Http, HttpAuthScheme, SecurityScheme},
};

use super::{
    error::FailureOut,
    routes::{
        access_keys, api_keys, audit_logs, certificates, health, keys, probe, projects, request_logs,
        resources, secrets, vaults, webhooks,
    },
};
use crate::http::documented::{self, refused};

refused!(
    FailureOut,
    "No token, or none that works",
    "The token is not for this"
);

/// How a request with a body may be refused besides.
#[derive(IntoResponses)]
pub enum RefusedBody {
    /// The body, or a value in it, is too large
    #[response(status = 413)]
    TooLarge(FailureOut),
}

/// How a download may be refused besides.
#[derive(IntoResponses)]
pub enum RefusedFile {
    /// The key or certificate has expired
    #[response(status = 410)]
    Gone(FailureOut),
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Secryn, as served by Coffer",
        description = "Resources, vaults, secrets, keys, certificates, access keys, webhooks and logs. Every path is also served below `/api/v1`.",
        version = "1.0.0",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    security(("bearer" = [])),
    paths(
        health::health,
        probe::probe,
        resources::list::list_resources,
        resources::create::create_resource,
        resources::get::get_resource,
        resources::update::update_resource,
        resources::delete::delete_resource,
        projects::list::list_projects,
        projects::create::create_project,
        projects::get::get_project,
        projects::update::update_project,
        projects::delete::delete_project,
        vaults::list::list_vaults,
        vaults::create::create_vault,
        vaults::get::get_vault,
        vaults::update::update_vault,
        vaults::delete::delete_vault,
        secrets::list::list_secrets,
        secrets::create::create_secret,
        secrets::get::get_secret,
        secrets::update::update_secret,
        secrets::delete::delete_secret,
        secrets::versions::list_versions,
        secrets::restore::restore_version,
        keys::list::list_keys,
        keys::create::create_key,
        keys::get::get_key,
        keys::update::update_key,
        keys::delete::delete_key,
        keys::download::download_key,
        keys::fetch::fetch_key,
        certificates::list::list_certificates,
        certificates::create::create_certificate,
        certificates::get::get_certificate,
        certificates::update::update_certificate,
        certificates::delete::delete_certificate,
        certificates::download::download_certificate,
        certificates::fetch::fetch_certificate,
        webhooks::list::list_webhooks,
        webhooks::create::create_webhook,
        webhooks::get::get_webhook,
        webhooks::update::update_webhook,
        webhooks::delete::delete_webhook,
        access_keys::list::list_access_keys,
        access_keys::create::create_access_key,
        access_keys::delete::delete_access_key,
        api_keys::list::list_api_keys,
        api_keys::create::create_api_key,
        api_keys::delete::delete_api_key,
        audit_logs::list_audit_logs,
        request_logs::list_request_logs,
    )
)]
struct Api;

/// The document as pretty JSON, the same for the same code.
pub fn document() -> String {
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    documented::annotated(Api::openapi(), Some("/secryn"), [("bearer", bearer)])
}
