//! Root keys held in memory, handed over by whoever read them (from a file, from a Kubernetes Secret).

use std::sync::Arc;

use async_trait::async_trait;
use coffer_domain::port::Entropy;
use sha2::{Digest, Sha256};

use super::{KekError, KekProvider, KeyId, Wrapped};
use crate::{aad::Aad, envelope, seed::Seed};

/// The current root key and, during a change of it, those before: the old ones only unwrap.
pub struct StaticKek {
    current: Key,
    previous: Vec<Key>,
    entropy: Arc<dyn Entropy>,
}

struct Key {
    id: KeyId,
    seed: Seed,
}

impl Key {
    fn new(seed: Seed) -> Self {
        Self {
            id: key_id(&seed),
            seed,
        }
    }
}

/// The first eight bytes of a labelled hash: names the key, tells nothing of it.
fn key_id(seed: &Seed) -> KeyId {
    let digest = Sha256::new_with_prefix(b"coffer root key id v1")
        .chain_update(seed.reveal())
        .finalize();
    KeyId::new(hex::encode(&digest[..8]))
}

impl StaticKek {
    /// From keys of 32 bytes each.
    pub fn from_keys(current: Seed, previous: Vec<Seed>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            current: Key::new(current),
            previous: previous.into_iter().map(Key::new).collect(),
            entropy,
        }
    }

    fn key(&self, id: &KeyId) -> Result<&Key, KekError> {
        std::iter::once(&self.current)
            .chain(&self.previous)
            .find(|key| key.id == *id)
            .ok_or_else(|| KekError::UnknownKey {
                wanted: id.clone(),
                given: self.current.id.clone(),
            })
    }
}

#[async_trait]
impl KekProvider for StaticKek {
    async fn status(&self) -> Result<KeyId, KekError> {
        Ok(self.current.id.clone())
    }

    async fn wrap(&self, aad: &Aad, seed: &Seed) -> Result<Wrapped, KekError> {
        let Key { id, seed: root } = &self.current;
        let ciphertext = envelope::seal((root, 0), aad, seed.reveal(), &*self.entropy)
            .map_err(|error| KekError::Unavailable(error.to_string()))?;
        Ok(Wrapped {
            ciphertext,
            key_id: id.clone(),
        })
    }

    async fn unwrap(&self, aad: &Aad, wrapped: &Wrapped) -> Result<Seed, KekError> {
        let key = self.key(&wrapped.key_id)?;
        envelope::open(&key.seed, aad, &wrapped.ciphertext)
            .ok()
            .and_then(|opened| Seed::from_slice(opened.reveal()))
            .ok_or_else(|| KekError::Refused(key.id.clone()))
    }
}

#[cfg(test)]
mod tests {
    use coffer_domain::{
        id::{OrgId, VaultId},
        testkit::SeededEntropy,
    };

    use super::*;

    fn kek(current: u8, previous: &[u8]) -> StaticKek {
        let seed = |n: u8| Seed::from_slice(&[n; 32]).unwrap();
        let previous = previous.iter().copied().map(seed).collect();
        StaticKek::from_keys(seed(current), previous, Arc::new(SeededEntropy::new(1)))
    }

    fn aad(vault: u8, kek: &KeyId) -> Aad {
        Aad::vault_seed(
            OrgId::from_bytes([1; 16]),
            VaultId::from_bytes([vault; 16]),
            1,
            kek,
        )
    }

    #[tokio::test]
    async fn a_previous_key_still_unwraps_and_no_longer_wraps() {
        let old = kek(1, &[]);
        let old_id = old.status().await.unwrap();
        let wrapped = old
            .wrap(&aad(7, &old_id), &Seed::from_slice(&[9; 32]).unwrap())
            .await
            .unwrap();
        let both = kek(2, &[1]);
        let seed = both.unwrap(&aad(7, &old_id), &wrapped).await.unwrap();
        assert_eq!(seed.reveal(), &[9; 32]);
        assert_ne!(both.wrap(&aad(7, &old_id), &seed).await.unwrap().key_id, old_id);
    }

    #[tokio::test]
    async fn another_key_is_refused_by_name() {
        let (ours, theirs) = (kek(1, &[]), kek(2, &[]));
        let (ours_id, theirs_id) = (ours.status().await.unwrap(), theirs.status().await.unwrap());
        let wrapped = ours
            .wrap(&aad(7, &ours_id), &Seed::from_slice(&[9; 32]).unwrap())
            .await
            .unwrap();
        let error = theirs.unwrap(&aad(7, &ours_id), &wrapped).await.unwrap_err();
        assert_eq!(
            error,
            KekError::UnknownKey {
                wanted: ours_id,
                given: theirs_id
            }
        );
    }

    #[tokio::test]
    async fn a_wrapped_key_does_not_open_for_another_vault() {
        let kek = kek(1, &[]);
        let id = kek.status().await.unwrap();
        let wrapped = kek
            .wrap(&aad(7, &id), &Seed::from_slice(&[9; 32]).unwrap())
            .await
            .unwrap();
        assert_eq!(
            kek.unwrap(&aad(8, &id), &wrapped).await.unwrap_err(),
            KekError::Refused(id)
        );
    }
}
