//! The doors through real loopback sockets, over the embedded store. One file per group of routes.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod agent;
mod api_keys;
mod audit;
mod canary;
mod changes;
mod coverage;
mod dialects;
mod doors;
mod generated;
mod health;
mod hostile;
mod keyway_page;
mod keyway_push;
mod kv2;
mod lifecycle;
mod mcp;
mod program;
mod secrets;
mod secryn;
mod support;
mod tls;
mod users;
mod v_secure;
mod vaults;
mod webhooks;
mod workload;
