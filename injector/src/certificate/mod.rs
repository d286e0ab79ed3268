//! The webhook's own certificates: an authority and what it signs, in one Secret that all replicas share.
//!
//! [`issue`] makes certificates, [`material`] is the Secret's contents, [`plan`] decides purely what is due
//! at a given time, [`keeper`] carries it out against the API server by optimistic concurrency, and
//! [`serving`] hands the newest to TLS without touching open connections. The order that keeps every call
//! trusted: a new authority is in the webhook configuration's caBundle, beside the old one, before anything
//! it signed is served.

pub mod issue;
pub mod keeper;
pub mod material;
pub mod plan;
pub mod serving;
