//! The OpenAPI document of the native API, from the handlers' own annotations.

use utoipa::{
    OpenApi,
    openapi::security::{Http, HttpAuthScheme, SecurityScheme},
};

use crate::{
    agent, health,
    http::documented::annotated,
    native::routes::{api_keys, audit, changes, consumers, sealing_keys, secrets, users, vaults, whoami},
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Coffer",
        description = "The native API of Coffer: vaults, secrets with versions, API keys, the audit log and changes.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    security(("bearer" = [])),
    paths(
        whoami::whoami,
        vaults::create::create_vault,
        vaults::list::list_vaults,
        vaults::get::get_vault,
        vaults::patch::patch_vault,
        vaults::delete::delete_vault,
        secrets::list::list_secrets,
        secrets::get::get_secret,
        secrets::put::put_secret,
        secrets::delete::delete_secret,
        secrets::undelete::undelete_secret,
        secrets::destroy::destroy_secret,
        secrets::rotate::rotate_secret,
        secrets::versions::list_versions,
        secrets::reseal::reseal_secret,
        sealing_keys::list::list_sealing_keys,
        sealing_keys::create::create_sealing_key,
        api_keys::create::create_api_key,
        api_keys::list::list_api_keys,
        api_keys::get::get_api_key,
        api_keys::rotate::rotate_api_key,
        api_keys::revoke::revoke_api_key,
        audit::list::list_audit,
        audit::verify::verify_audit,
        changes::stream::stream_changes,
        consumers::list::list_consumers,
        users::patch::patch_user,
        agent::watch::watch,
        agent::ack::acknowledge,
        health::healthz,
        health::readyz,
        health::metrics,
    )
)]
struct Api;

/// The document as pretty JSON, the same for the same code.
pub fn openapi() -> String {
    // An API key, or a pod's service-account token.
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    annotated(Api::openapi(), None, [("bearer", bearer)])
}
