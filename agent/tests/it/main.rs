//! The real program against a real TLS server on loopback.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod exec;
mod pod;
mod refusals;
mod server;
mod stale;
mod stream;
