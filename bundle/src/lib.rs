//! Last-known-good bundles ([ADR 14](../../docs/adr/0014-stale-starts.md)): the keys that they are sealed under,
//! the seal, and the names of their Secrets.
//!
//! Shared by the operator, which seals, and the injector, which gives out keys. It knows no store, no cluster and
//! no HTTP. The agent opens bundles by itself, with its own provider.

use coffer_wire::bundle::BundleIdentity;
use sha2::{Digest, Sha256};

mod root;
mod seal;
#[cfg(test)]
mod vectors;

pub use root::{BadRoot, ROOT_BYTES, RootKeys};
pub use seal::{SealError, seal};

/// The name of the Secret that holds the bundle of `identity`, in its namespace.
pub fn secret_name(identity: &BundleIdentity) -> String {
    let digest = Sha256::digest(identity.canonical());
    format!("coffer-bundle-{}", hex::encode(&digest[..10]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_identity_has_a_secret_of_its_own() {
        let (identity, ..) = vectors::parts();
        let name = secret_name(&identity);
        assert_eq!(name.len(), 34);
        let mut other = identity.clone();
        other.content.names = None;
        assert_ne!(secret_name(&other), name);
        assert_eq!(secret_name(&identity), name);
    }
}
