//! Keys of last-known-good bundles, for pods that start while the store cannot be reached. A pod shows its
//! service-account token, the API server says whose it is and the `Vault` whether it may; the pod is marked, and only
//! then it gets the key. No value is here: the bundles are in the pods' namespaces.

pub mod claim;
mod decide;
pub mod mark;
pub mod root;
mod serve;

pub use serve::{Keys, Outcome, router};
