//! The injector from outside: whole pods in, whole pods out; over TLS; against a scripted API server.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

mod bundles;
mod certificates;
mod http;
mod injected;
mod patched;
mod properties;
mod refused;
mod scripted;
mod signal;
mod support;
mod warned;
mod watching;
