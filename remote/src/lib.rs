//! Secrets that a real OpenBao or Vault server keeps in a KV v2 engine: a mount is an engine, a path is a key's.
//!
//! A [`VaultServer`] is the domain's provider port towards such a server: it logs in, keeps its token alive, tries
//! again where that is safe, and leaves a server alone that fails. It decides nothing about rights: whoever uses it
//! puts [`coffer_domain::provider::foreign::Foreign`] before it. No token and no value is in what it logs.

mod breaker;
mod client;
mod http;
mod keys;
mod metadata;
mod options;
mod places;
mod server;
mod session;
mod trouble;

pub use options::{BadOptions, Certificates, Login, Options, address};
pub use server::VaultServer;
