//! The mutating webhook: Pod in, patch out.
//!
//! It knows the names of vaults and secrets, never a value: no store, no key, and no outbound call while
//! a review is being answered, but for the `ConfigMap`s of a pod whose variables come from there, if it is told to look into
//! them. One review is [`review`] (the envelope), [`annotation`] (what the pod asks for, parsed into a [`wish::Wish`]),
//! [`familiar`] (references in its variables), [`decide`] (pure: what to add, or why not) and [`patch`] (additions, and
//! what references stand for).

pub mod advice;
pub mod annotation;
pub mod bundle;
pub mod certificate;
pub mod decide;
pub mod denied;
pub mod familiar;
pub mod health;
pub mod injected;
pub mod known;
pub mod metrics;
pub mod patch;
pub mod pod;
pub mod review;
pub mod server;
pub mod settings;
pub mod trust;
pub mod view;
pub mod watch;
pub mod wish;
