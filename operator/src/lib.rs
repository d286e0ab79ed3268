//! Kubernetes controllers for the custom resources: `Vault`, `VaultSecret` and `ApiKey` (DESIGN section 5).
//!
//! This crate owns what happens between the cluster's API and the domain's use-cases: watching, deciding
//! what to declare, writing status, core Secrets and Events, electing a leader. It owns no rule about
//! secrets: versions, rights, rotation and audit are the domain's. Each kind has the same files: `gather`
//! reads, `decide` is pure, `apply` writes, `status` reports.

mod api_key;
pub mod authority;
mod backoff;
pub mod bundle;
mod census;
mod conditions;
pub mod context;
pub mod controller;
mod declare;
pub mod events;
pub mod failure;
mod feed;
mod finalizer;
mod fresh;
mod halt;
mod identity;
mod index;
pub mod kek;
pub mod keys;
pub mod leader;
mod learned;
mod links;
pub mod mailbox;
pub mod metrics;
pub mod notices;
mod orphan;
pub mod pods;
mod problem;
mod reference;
mod refusals;
pub mod remote;
mod repairs;
pub mod restart;
mod rivals;
pub mod run;
mod schedule;
mod secret_watch;
pub mod settings;
mod sources;
mod status;
mod succession;
mod synced;
mod text;
mod vault;
mod vault_secret;
