//! The mutating webhook: Pod in, patch out.
//!
//! It knows the names of vaults and secrets, never a value: no store, no key, and no outbound call while
//! a review is being answered. One review is [`review`] (the envelope), [`annotation`] (what the pod
//! asks for, parsed into a [`wish::Wish`]), [`decide`] (pure: what to add, or why not) and [`patch`]
//! (additions only, so that nothing the author wrote can be lost).

pub mod advice;
pub mod annotation;
pub mod bundle;
pub mod certificate;
pub mod decide;
pub mod denied;
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
