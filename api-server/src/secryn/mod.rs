//! Secryn's API at `/secryn/v1` and `/secryn/api/v1`: generic resources, vaults with secrets, keys and
//! certificates, access keys, webhooks, logs. Header grammar → principal, path → address, domain error → body,
//! page → envelope, and nothing else. What differs from the original is in `docs/dialects/secryn.md`.

mod account;
pub mod auth;
mod documents;
pub mod error;
mod file;
mod items;
mod material;
pub mod model;
pub mod openapi;
pub mod page;
mod place;
mod public;
pub mod routes;
mod tokens;

use std::time::Duration;

use crate::http::{
    body::LARGEST,
    dialect::{Dialect, WebhookHeaders},
    rate::{Bucket, By, Rate, X_RATE_LIMIT},
    request_id::IdRule,
};

/// This door's name.
pub const NAME: &str = "secryn";

/// Counted per token; the original's middle tier, as a server of one's own has no plans to tell apart.
const BUCKETS: [Bucket; 1] = [Bucket {
    name: "default",
    usual: Some(Rate::a_minute(1000)),
    by: By::Credential,
    counts: |_, _| true,
}];

/// This door.
pub static DIALECT: Dialect = Dialect {
    name: NAME,
    base: routes::BASE,
    routes: |_| routes::router(),
    aliases: &[("/api/v1", "/v1"), ("/api/health", "/health")],
    credential: auth::counted,
    refuse: error::refuse,
    buckets: &BUCKETS,
    counted_with: None,
    rate_headers: &X_RATE_LIMIT,
    ids: IdRule::Ours,
    largest_body: LARGEST,
    patience: Duration::from_mins(1),
    idempotency: true,
    echoes: None,
    revise: Some(|_, context, answer| error::revise(context, answer)),
    subject: Some(subject),
    webhooks: Some(WebhookHeaders {
        event: "x-secryn-event",
        signature: "x-secryn-signature",
        shape: None,
    }),
    cors: None,
    openapi: Some(openapi::document),
};

/// What a route is about, as the request log calls it: the noun that comes last in its template.
fn subject(route: &str) -> &'static str {
    const NOUNS: [(&str, &str); 11] = [
        ("access-keys", "access_key"),
        ("api-keys", "api_key"),
        ("certificates", "certificate"),
        ("keys", "key"),
        ("secrets", "secret"),
        ("vaults", "vault"),
        ("projects", "project"),
        ("resources", "resource"),
        ("webhooks", "webhook"),
        ("audit-logs", "audit_log"),
        ("request-logs", "request_log"),
    ];
    let last = route
        .rsplit('/')
        .find_map(|part| NOUNS.iter().find(|(noun, _)| *noun == part));
    last.map_or("other", |(_, subject)| subject)
}
