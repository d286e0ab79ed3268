//! What a ciphertext is bound to: the additional data of every sealed record, as typed tuples in one
//! canonical encoding. Two different tuples never encode alike (each field is preceded by its length), so a
//! record that is moved to another place does not open there.

use coffer_domain::{
    address::Version,
    id::{OrgId, SecretId, VaultId},
    name::EnvName,
    record::RecordHead,
};
use jiff::Timestamp;

use crate::kek::KeyId;

/// What the sealed bytes are: no record opens as one of another kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    SecretValue,
    Record,
    TokenPepper,
    VaultSeed,
    StoreSeed,
}

impl Kind {
    fn label(self) -> &'static [u8] {
        match self {
            Self::SecretValue => b"coffer/v1/record/secret-value",
            Self::Record => b"coffer/v1/record/document",
            Self::TokenPepper => b"coffer/v1/record/token-pepper",
            Self::VaultSeed => b"coffer/v1/dek-wrap/vault",
            Self::StoreSeed => b"coffer/v1/dek-wrap/store",
        }
    }
}

/// An encoded tuple: for each field its length (32 bits, big-endian) and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aad(Vec<u8>);

impl Aad {
    fn new(kind: Kind) -> Self {
        Self(Vec::with_capacity(256)).with(kind.label())
    }

    /// With one more field. Fields are ids, names and numbers, far below 4 GiB.
    #[must_use]
    fn with(mut self, field: &[u8]) -> Self {
        append(&mut self.0, field);
        self
    }

    /// The encoding with one more field: the header of what it is the additional data of.
    pub(crate) fn bound_to(self, header: &[u8]) -> Vec<u8> {
        self.with(header).0
    }

    /// The encoding.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Of one version of a secret, under generation `generation` of its vault's key.
    pub fn secret_value(
        (organization, vault): (OrgId, VaultId),
        environment: &EnvName,
        (secret, version): (SecretId, Version),
        generation: u32,
    ) -> Self {
        Self::new(Kind::SecretValue)
            .with(organization.as_bytes())
            .with(vault.as_bytes())
            .with(environment.as_str().as_bytes())
            .with(secret.as_bytes())
            .with(&version.get().to_be_bytes())
            .with(&generation.to_be_bytes())
    }

    /// Of the body of a record: where it is, what finds it, how long, and which revision it is.
    pub fn record(head: &RecordHead) -> Self {
        Self::new(Kind::Record)
            .with(head.organization.as_bytes())
            .with(head.collection.name().as_bytes())
            .with(head.key.as_bytes())
            .with(head.group.as_bytes())
            .with(head.digest.as_ref().map_or(&[], |digest| &digest.0))
            .with(&time(head.expires_at))
            .with(&head.revision.to_be_bytes())
    }

    /// Of a vault's data key, wrapped under the root key `kek`.
    pub fn vault_seed(organization: OrgId, vault: VaultId, generation: u32, kek: &KeyId) -> Self {
        Self::new(Kind::VaultSeed)
            .with(organization.as_bytes())
            .with(vault.as_bytes())
            .with(&generation.to_be_bytes())
            .with(kek.as_str().as_bytes())
    }

    /// Of a store's own data key, wrapped under the root key `kek`.
    pub fn store_seed(store: &[u8; 16], kek: &KeyId) -> Self {
        Self::new(Kind::StoreSeed)
            .with(store)
            .with(kek.as_str().as_bytes())
    }

    /// Of the pepper of a store's token digests.
    pub fn token_pepper(store: &[u8; 16]) -> Self {
        Self::new(Kind::TokenPepper).with(store)
    }
}

fn append(encoded: &mut Vec<u8>, field: &[u8]) {
    let length = u32::try_from(field.len()).unwrap_or(u32::MAX);
    encoded.extend_from_slice(&length.to_be_bytes());
    encoded.extend_from_slice(field);
}

/// Microseconds since 1970; no bytes for no time.
fn time(at: Option<Timestamp>) -> Vec<u8> {
    at.map_or_else(Vec::new, |at| at.as_microsecond().to_be_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encode(fields: &[Vec<u8>]) -> Aad {
        fields
            .iter()
            .fold(Aad::new(Kind::SecretValue), |aad, field| aad.with(field))
    }

    /// Few different bytes and short fields: where boundaries could be mistaken, they would be.
    fn fields() -> impl Strategy<Value = Vec<Vec<u8>>> {
        prop::collection::vec(prop::collection::vec(0_u8..3, 0..4), 0..4)
    }

    proptest! {
        #[test]
        fn different_tuples_encode_differently(a in fields(), b in fields()) {
            prop_assert_eq!(encode(&a) == encode(&b), a == b);
        }
    }

    #[test]
    fn kinds_never_share_an_encoding() {
        let kinds = [
            Kind::SecretValue,
            Kind::Record,
            Kind::TokenPepper,
            Kind::VaultSeed,
            Kind::StoreSeed,
        ];
        for (i, a) in kinds.iter().enumerate() {
            for b in &kinds[i + 1..] {
                assert_ne!(Aad::new(*a), Aad::new(*b));
            }
        }
    }

    #[test]
    fn every_field_of_a_value_counts() {
        let org = |n| OrgId::from_bytes([n; 16]);
        let (vault, secret) = (
            |n| VaultId::from_bytes([n; 16]),
            |n| SecretId::from_bytes([n; 16]),
        );
        let env = |name: &str| EnvName::new(name).unwrap();
        let version = |n| Version::new(n).unwrap();
        let base = Aad::secret_value((org(1), vault(1)), &env("a"), (secret(1), version(1)), 1);
        for other in [
            Aad::secret_value((org(2), vault(1)), &env("a"), (secret(1), version(1)), 1),
            Aad::secret_value((org(1), vault(2)), &env("a"), (secret(1), version(1)), 1),
            Aad::secret_value((org(1), vault(1)), &env("b"), (secret(1), version(1)), 1),
            Aad::secret_value((org(1), vault(1)), &env("a"), (secret(2), version(1)), 1),
            Aad::secret_value((org(1), vault(1)), &env("a"), (secret(1), version(2)), 1),
            Aad::secret_value((org(1), vault(1)), &env("a"), (secret(1), version(1)), 2),
        ] {
            assert_ne!(base, other);
        }
    }
}
