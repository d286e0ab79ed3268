//! The HTTP doors: shared mechanics, the native API, the agent endpoint, health, metrics, OpenAPI.
//!
//! Doors translate and never decide: rights, versions, rotation and audit are the domain's. This crate knows
//! no Kubernetes API: what it needs from a cluster are the ports in [`identity`], and only the program's own
//! file knows the store.
//!
//! A program that embeds the doors builds [`ServerParts`] and calls [`serve`].

mod agent;
mod app;
pub mod bootstrap;
pub mod canonical;
pub mod config;
mod deliver;
mod health;
mod housekeeping;
pub mod http;
pub mod identity;
mod jobs;
pub mod keynest;
pub mod keyway;
pub mod kv2;
pub mod logs;
pub mod mcp;
pub mod metrics;
pub mod native;
mod open_files;
mod openapi;
mod requests;
pub mod secryn;
mod server;
pub mod tls;
pub mod v_secure;

use http::dialect::Dialect;

pub use agent::{StreamArgs, StreamSettings};
pub use deliver::provide as provide_crypto;
pub use openapi::openapi;
pub use server::{Limits, ServeError, Served, ServerParts, serve};

/// Everything that a listener mounts: the dialects, and the door for programs that act for people.
fn mounted() -> Vec<&'static Dialect> {
    dialects().into_iter().chain([&mcp::DIALECT]).collect()
}

/// Every dialect that is served beside the native API.
pub fn dialects() -> [&'static Dialect; 6] {
    [
        &secryn::DIALECT,
        &keyway::DIALECT,
        &keynest::DIALECT,
        &v_secure::DIALECT,
        &canonical::DIALECT,
        &kv2::DIALECT,
    ]
}
