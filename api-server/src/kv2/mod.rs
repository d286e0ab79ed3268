//! The KV v2 door at `/kv2`: what clients of Vault and OpenBao ask of a server, with `https://<host>/kv2` as its address.
//! Header → principal, path → address, domain error → status and `errors`, and nothing else. What differs from a real
//! server is in `docs/dialects/kv2.md`.

pub mod ask;
pub mod envelope;
pub mod error;
pub mod input;
pub mod model;
pub mod openapi;
pub mod routes;

use std::time::Duration;

use axum::http::{HeaderMap, request::Parts};

use crate::http::{
    bearer,
    body::LARGEST,
    dialect::Dialect,
    rate::{Bucket, By, X_RATE_LIMIT},
    request_id::IdRule,
};

/// This door's name.
pub const NAME: &str = "kv2";

/// The header that clients put their token in.
const TOKEN: &str = "x-vault-token";

const BUCKETS: [Bucket; 1] = [Bucket {
    name: "default",
    usual: None,
    by: By::Credential,
    counts: |_, _| true,
}];

/// This door.
pub static DIALECT: Dialect = Dialect {
    name: NAME,
    base: "",
    routes: |_| routes::router(),
    aliases: &[],
    credential: counted,
    refuse: error::refuse,
    buckets: &BUCKETS,
    counted_with: None,
    rate_headers: &X_RATE_LIMIT,
    ids: IdRule::Ours,
    largest_body: LARGEST,
    patience: Duration::from_secs(90),
    idempotency: false,
    echoes: None,
    revise: Some(|_, context, answer| error::revise(context, answer)),
    webhooks: None,
    subject: None,
    openapi: Some(openapi::document),
    cors: None,
};

/// The token of a request, in either of the headers that it may come in.
fn token(headers: &HeaderMap) -> Option<&str> {
    let own = headers.get(TOKEN).and_then(|value| value.to_str().ok());
    own.map(str::trim)
        .filter(|token| !token.is_empty())
        .or_else(|| bearer::token(headers))
}

/// The credential that a request is counted by.
fn counted(parts: &Parts) -> Option<String> {
    token(&parts.headers).map(str::to_owned)
}
