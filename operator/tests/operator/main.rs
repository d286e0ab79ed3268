//! The controllers against an API server in memory and a real store.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]
#![expect(
    clippy::needless_pass_by_value,
    reason = "json! literals are passed as they are"
)]

mod api_key;
mod bad_input;
mod canary;
mod consumers;
mod convergence;
mod deletion;
mod fake;
mod first_light;
mod flaky;
mod health;
mod idle;
mod leaders;
mod outage;
mod remote;
mod remote_server;
mod restarts;
mod rotation;
mod sealed;
mod sources;
mod succession;
mod sync;
mod trust;
mod world;
