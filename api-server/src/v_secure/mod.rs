//! v-secure's API at `/v-secure/v1/security` and `/v-secure/api/v1/security`: secrets, API keys, access by approval for
//! agents, audit logs, webhooks. Header grammar → principal, path → address, domain error → body, page → envelope, and
//! nothing else. What differs from the original is in `docs/dialects/v-secure.md`.

pub mod auth;
pub mod crypt;
pub mod error;
pub mod exports;
pub mod feeds;
pub mod hooks;
pub mod id;
pub mod model;
pub mod openapi;
pub mod page;
pub mod place;
pub mod retention;
pub mod routes;
pub mod scope;
pub mod span;
pub mod tell;
pub mod words;

use std::time::Duration;

use crate::http::{
    body::LARGEST,
    dialect::{Dialect, WebhookHeaders},
    rate::{Bucket, By, Rate, X_RATE_LIMIT},
    request_id::IdRule,
};

/// This door's name.
pub const NAME: &str = "v-secure";

/// The original's standard tier; a key may say a rate of its own.
const BUCKETS: [Bucket; 1] = [Bucket {
    name: "default",
    usual: Some(Rate::in_minutes(1000, 60)),
    by: By::Key,
    counts: |_, path| path != routes::HEALTH,
}];

/// This door.
pub static DIALECT: Dialect = Dialect {
    name: NAME,
    base: routes::BASE,
    routes: |_| routes::router(),
    aliases: &[("/api/v1/security", routes::BASE)],
    credential: auth::counted,
    refuse: error::refuse,
    buckets: &BUCKETS,
    counted_with: None,
    rate_headers: &X_RATE_LIMIT,
    ids: IdRule::Ours,
    largest_body: LARGEST,
    patience: Duration::from_mins(1),
    idempotency: true,
    echoes: Some(auth::echo),
    revise: None,
    subject: Some(subject),
    webhooks: Some(WebhookHeaders {
        event: "x-lanonasis-event",
        signature: "x-lanonasis-signature-256",
        shape: Some(hooks::shape),
    }),
    cors: None,
    openapi: Some(openapi::document),
};

/// What a route is about, as a key's usage tells it: the path's first part.
fn subject(route: &str) -> &'static str {
    const PARTS: [&str; 5] = ["/secrets", "/api-keys", "/mcp", "/audit-logs", "/webhooks"];
    let rest = route.strip_prefix(routes::BASE).unwrap_or(route);
    PARTS
        .into_iter()
        .find(|part| rest.starts_with(part))
        .unwrap_or("other")
}
