//! The language and the rules of Coffer: names, lifecycle, rights, rotation, audit, use-cases and ports.
//!
//! No I/O: time, randomness and key material are arguments; persistence is a port. Every door goes through
//! [`usecase`], where each access is authorised and audited, once.

pub mod address;
pub mod api_key;
pub mod approval;
pub mod audit;
pub mod audit_copy;
pub mod canonical_uri;
pub mod change;
pub mod copy_rule;
pub mod entity;
pub mod envfile;
pub mod error;
pub mod expiry;
pub mod forge;
pub mod generate;
pub mod id;
pub mod integration;
pub mod metadata;
pub mod name;
pub mod network;
pub mod outbox;
pub mod pattern;
pub mod port;
pub mod principal;
pub mod provider;
pub mod record;
pub mod replay;
pub mod repo_role;
pub mod request_log;
pub mod resource;
pub mod rights;
pub mod role;
pub mod rotation;
pub mod seal;
pub mod secret_json;
pub mod secret_value;
pub mod segment;
pub mod store;
pub mod succession;
pub mod template;
#[cfg(any(test, feature = "testkit"))]
pub mod testkit;
pub mod usecase;
pub mod window;

pub use error::Error;
