//! The seal: AES-256-GCM under a key that is used once, so that the nonce may be zero. The
//! key is bound to the identity and the header; the header is authenticated by the seal too.

use std::collections::BTreeMap;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use coffer_wire::{
    Delivered,
    bundle::{BundleIdentity, BundleValues, Header},
};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::RootKeys;

/// The most that a bundle may take, in bytes: a Secret of Kubernetes holds 1 MiB.
const LARGEST: usize = 1024 * 1024;

/// Why there is no bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SealError {
    /// The values do not fit.
    #[error("the values take {0} bytes as a bundle, and a Secret holds {LARGEST}: ask for fewer")]
    TooLarge(usize),
    /// The library refused.
    #[error("the values cannot be sealed")]
    Library,
    /// The header names another root key.
    #[error("the header names a root key that is not in use")]
    Generation,
}

/// The whole bundle: `header`, and `secrets` sealed for it and `identity`. The header's salt must be fresh
/// randomness: it makes the key one that is used only here.
pub fn seal(
    keys: &RootKeys,
    header: &Header,
    identity: &BundleIdentity,
    secrets: BTreeMap<String, Delivered>,
) -> Result<Vec<u8>, SealError> {
    let key = keys.derive(header, identity).ok_or(SealError::Generation)?;
    let json = serde_json::to_vec(&BundleValues { secrets }).map_err(|_| SealError::Library)?;
    let mut text = Zeroizing::new(json);
    let cipher = UnboundKey::new(&AES_256_GCM, &*key).map_err(|_| SealError::Library)?;
    let length = Header::LENGTH + text.len() + AES_256_GCM.tag_len();
    if length > LARGEST {
        return Err(SealError::TooLarge(length));
    }
    let tag = LessSafeKey::new(cipher)
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key([0; NONCE_LEN]),
            Aad::from(header.to_bytes()),
            &mut text,
        )
        .map_err(|_| SealError::Library)?;
    let mut bundle = Vec::with_capacity(length);
    bundle.extend_from_slice(&header.to_bytes());
    bundle.extend_from_slice(&text);
    bundle.extend_from_slice(tag.as_ref());
    Ok(bundle)
}

#[cfg(test)]
mod tests {
    use coffer_wire::SecretValue;

    use super::*;
    use crate::vectors;

    fn opens(keys: &RootKeys, identity: &BundleIdentity, bundle: &[u8]) -> Option<Vec<u8>> {
        let (header, sealed) = Header::split(bundle)?;
        let key = keys.derive(&header, identity)?;
        let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &*key).ok()?);
        let mut text = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
        let opened = cipher.open_in_place(nonce, Aad::from(header.to_bytes()), &mut text);
        opened.ok().map(|text| text.to_vec())
    }

    #[test]
    fn the_form_is_the_one_that_is_written_down() {
        let (identity, header, keys, secrets) = vectors::parts();
        let bundle = seal(&keys, &header, &identity, secrets).unwrap();
        assert_eq!(hex::encode(&bundle), vectors::BUNDLE);
        let key = keys.derive(&header, &identity).unwrap();
        assert_eq!(hex::encode(*key), vectors::KEY);
    }

    #[test]
    fn not_a_bit_may_differ() {
        let (identity, header, keys, secrets) = vectors::parts();
        let bundle = seal(&keys, &header, &identity, secrets).unwrap();
        assert!(opens(&keys, &identity, &bundle).is_some());
        for bit in 0..bundle.len() * 8 {
            let mut flipped = bundle.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(opens(&keys, &identity, &flipped), None, "bit {bit}");
        }
    }

    #[test]
    fn nobody_elses_identity_opens_it() {
        type Change = fn(&mut BundleIdentity);
        let (identity, header, keys, secrets) = vectors::parts();
        let bundle = seal(&keys, &header, &identity, secrets).unwrap();
        let changes: [Change; 6] = [
            |i| i.namespace = "other".into(),
            |i| i.service_account = "other".into(),
            |i| i.content.vault = "other".into(),
            |i| i.content.environment = "other".into(),
            |i| i.content.names = None,
            |i| i.content.max_stale += 1,
        ];
        for change in changes {
            let mut other = identity.clone();
            change(&mut other);
            assert_eq!(opens(&keys, &other, &bundle), None, "{other:?}");
        }
    }

    #[test]
    fn what_no_secret_holds_is_refused() {
        let (identity, header, keys, _) = vectors::parts();
        let value = || Delivered {
            version: 1,
            value: SecretValue::new(vec![b'x'; 64 * 1024]),
        };
        let secrets = |count: usize| (0..count).map(|i| (format!("K{i}"), value())).collect();
        assert!(seal(&keys, &header, &identity, secrets(11)).is_ok());
        let refused = seal(&keys, &header, &identity, secrets(12)).unwrap_err();
        assert!(matches!(refused, SealError::TooLarge(_)), "{refused}");
    }
}
