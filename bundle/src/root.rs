//! The root keys that the keys of bundles are derived from: one in use, and while it is being changed the one
//! before it. Held by the operator and by the injector, and by nobody else.

use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use coffer_domain::secret_value::SecretValue;
use coffer_wire::bundle::{BundleIdentity, Header};
use sha2::{Digest, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

/// How many bytes a root key has.
pub const ROOT_BYTES: usize = 32;

/// What is given is no root key. It is not shown.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a root key of bundles has {ROOT_BYTES} bytes, and this one has {0}")]
pub struct BadRoot(pub usize);

/// The root keys.
#[derive(Debug, Clone)]
pub struct RootKeys {
    current: SecretValue,
    previous: Option<SecretValue>,
}

/// The derived keys' length.
struct KeyLength;

impl KeyType for KeyLength {
    fn len(&self) -> usize {
        32
    }
}

impl RootKeys {
    /// From what the cluster keeps.
    pub fn new(current: SecretValue, previous: Option<SecretValue>) -> Result<Self, BadRoot> {
        for key in [Some(&current), previous.as_ref()].into_iter().flatten() {
            if key.len() != ROOT_BYTES {
                return Err(BadRoot(key.len()));
            }
        }
        Ok(Self { current, previous })
    }

    /// Which key seals from now on: the beginning of its digest, which tells nothing of the key.
    pub fn generation(&self) -> [u8; 8] {
        generation(&self.current)
    }

    /// The key for this header and this identity; `None` if it was sealed under a root key that is gone.
    pub fn derive(&self, header: &Header, identity: &BundleIdentity) -> Option<Zeroizing<[u8; 32]>> {
        let keys = [Some(&self.current), self.previous.as_ref()];
        let root = keys
            .into_iter()
            .flatten()
            .find(|key| generation(key) == header.generation)?;
        let bound = header.bind(identity);
        let info = [bound.as_slice()];
        let extracted = Salt::new(HKDF_SHA256, &header.salt).extract(root.reveal());
        let expanded = extracted.expand(&info, KeyLength).ok()?;
        let mut key = Zeroizing::new([0; 32]);
        expanded.fill(&mut *key).ok()?;
        Some(key)
    }
}

fn generation(key: &SecretValue) -> [u8; 8] {
    let mut digest = Sha256::new();
    digest.update(b"coffer.dev/bundle/generation");
    digest.update(key.reveal());
    let mut short = [0; 8];
    short.copy_from_slice(&digest.finalize()[..8]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors;

    fn root(byte: u8) -> SecretValue {
        SecretValue::new(vec![byte; ROOT_BYTES])
    }

    #[test]
    fn a_key_is_good_for_one_header_and_one_identity() {
        let (identity, header, keys, _) = vectors::parts();
        let key = keys.derive(&header, &identity).unwrap();
        let mut other = identity.clone();
        "worker".clone_into(&mut other.service_account);
        assert_ne!(keys.derive(&header, &other).unwrap(), key);
        let longer = Header {
            max_stale: header.max_stale + 1,
            ..header
        };
        assert_ne!(keys.derive(&longer, &identity).unwrap(), key);
    }

    #[test]
    fn the_key_before_still_opens_and_no_other_does() {
        let (identity, header, ..) = vectors::parts();
        let old = RootKeys::new(root(1), None).unwrap();
        let header = Header {
            generation: old.generation(),
            ..header
        };
        let changed = RootKeys::new(root(2), Some(root(1))).unwrap();
        assert_eq!(changed.derive(&header, &identity), old.derive(&header, &identity));
        assert_ne!(changed.generation(), old.generation());
        let later = RootKeys::new(root(3), Some(root(2))).unwrap();
        assert!(later.derive(&header, &identity).is_none());
    }

    #[test]
    fn a_root_key_of_another_length_is_refused() {
        let short = SecretValue::new(vec![0; 31]);
        assert_eq!(RootKeys::new(short.clone(), None).unwrap_err(), BadRoot(31));
        assert!(RootKeys::new(root(1), Some(short)).is_err());
    }
}
