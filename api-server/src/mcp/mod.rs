//! A server of the Model Context Protocol at `/mcp` (streamable HTTP): programs that act for people list the secrets
//! that they may ask for, ask, and read a value under an approved token that is not over. Nobody is let in without an
//! API key; what it may do is decided where every other door's requests are.
//!
//! It holds no session: each request shows its key, so that a revoked one ends with the next request, on any replica.

mod server;
mod settings;
mod tools;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{FromRequestParts, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
};

use crate::{
    app::App,
    http::body::{self, LARGEST},
    v_secure::{auth::Signed, error::ApiError},
};

pub use settings::{Args, Settings};

/// Where it is.
pub const PATH: &str = "/mcp";
/// How the audit log calls this door.
const DOOR: &str = "mcp";

/// The router of this door; `secure` where the server speaks TLS.
pub fn router(app: &Arc<App>, settings: &Settings, secure: bool) -> Router<Arc<App>> {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_sse_keep_alive(None)
        .with_max_request_body_bytes(LARGEST)
        .with_allowed_origins(&settings.origins)
        .enforce_origin_validation();
    let config = match settings.hosts(secure) {
        Some(hosts) => config.with_allowed_hosts(hosts),
        None => config.disable_allowed_hosts(),
    };
    let own = Arc::clone(app);
    let service = StreamableHttpService::new(
        move || Ok(server::Agents::new(Arc::clone(&own))),
        Arc::new(NeverSessionManager::default()),
        config,
    );
    Router::new()
        .route_service(PATH, service)
        .route_layer(middleware::from_fn_with_state(Arc::clone(app), admit))
}

/// Lets requests with an API key in, and tells the handlers whose it is.
async fn admit(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    match admitted(&app, request).await {
        Ok(request) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

async fn admitted(app: &Arc<App>, request: Request) -> Result<Request, ApiError> {
    let (mut parts, unread) = request.into_parts();
    let mut signed = Signed::from_request_parts(&mut parts, app).await?;
    signed.caller.origin.door = DOOR;
    let bytes = body::bytes(&parts.headers, unread, LARGEST).await?;
    parts.extensions.insert(Arc::new(signed));
    Ok(Request::from_parts(parts, Body::from(bytes)))
}
