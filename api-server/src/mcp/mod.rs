//! A server of the Model Context Protocol at `/mcp` (streamable HTTP): programs that act for people list the secrets
//! that they may ask for, ask, and read a value under an approved token that is not over. Nobody is let in without an
//! API key; what it may do is decided where every other door's requests are.
//!
//! It holds no session: each request shows its key, so that a revoked one ends with the next request, on any replica.

mod server;
mod settings;
mod tools;

use std::{sync::Arc, time::Duration};

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
    http::{
        body::{self, LARGEST},
        dialect::Dialect,
        rate::X_RATE_LIMIT,
        request_id::IdRule,
    },
    v_secure::{
        self,
        auth::{self, Signed},
        error::{self, ApiError},
    },
};

pub use settings::{Args, Settings};

/// This door's name: of its path, and in the audit log.
pub const NAME: &str = "mcp";

/// This door: mounted and counted as v-secure is, whose keys and words it takes.
pub static DIALECT: Dialect = Dialect {
    name: NAME,
    base: "",
    routes: router,
    aliases: &[],
    credential: auth::counted,
    refuse: error::refuse,
    buckets: &[],
    counted_with: Some(v_secure::NAME),
    rate_headers: &X_RATE_LIMIT,
    ids: IdRule::Ours,
    largest_body: LARGEST,
    patience: Duration::from_mins(1),
    idempotency: false,
    echoes: None,
    revise: None,
    subject: Some(|_| "/mcp"),
    webhooks: None,
    cors: None,
    openapi: None,
};

/// What the door goes by.
#[derive(Debug)]
pub struct Door {
    origins: Vec<String>,
    hosts: Option<Vec<String>>,
}

impl Door {
    /// As the settings say; `secure` where the server speaks TLS.
    pub fn new(settings: &Settings, secure: bool) -> Self {
        Self {
            origins: settings.origins.clone(),
            hosts: settings.hosts(secure),
        }
    }
}

/// The one route.
fn router(app: &Arc<App>) -> Router<Arc<App>> {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_sse_keep_alive(None)
        .with_max_request_body_bytes(LARGEST)
        .with_allowed_origins(&app.mcp.origins)
        .enforce_origin_validation();
    let config = match &app.mcp.hosts {
        Some(hosts) => config.with_allowed_hosts(hosts.clone()),
        None => config.disable_allowed_hosts(),
    };
    let own = Arc::clone(app);
    let service = StreamableHttpService::new(
        move || Ok(server::Agents::new(Arc::clone(&own))),
        Arc::new(NeverSessionManager::default()),
        config,
    );
    Router::new()
        .route_service("/", service)
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
    signed.caller.origin.door = NAME;
    let bytes = body::bytes(&parts.headers, unread, LARGEST).await?;
    parts.extensions.insert(Arc::new(signed));
    Ok(Request::from_parts(parts, Body::from(bytes)))
}
