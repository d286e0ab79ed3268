//! Identifiers: UUIDs made from the time and randomness that are passed in, never reused.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use crate::port::{Clock, Entropy};

/// A version 7 UUID (RFC 9562): ordered by time, so that rows made together lie together.
fn fresh(clock: &dyn Clock, entropy: &dyn Entropy) -> Uuid {
    let mut random = [0; 10];
    entropy.fill(&mut random);
    let millis = u64::try_from(clock.now().as_millisecond()).unwrap_or_default();
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

macro_rules! id {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $type(Uuid);

        impl $type {
            /// A new identifier.
            pub fn fresh(clock: &dyn Clock, entropy: &dyn Entropy) -> Self {
                Self(fresh(clock, entropy))
            }

            /// The identifier stored as these bytes.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// Its sixteen bytes.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $type {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// Of an organization.
    OrgId
);
id!(
    /// Of a vault.
    VaultId
);
id!(
    /// Of a secret, stable over its versions.
    SecretId
);
id!(
    /// Of an API key, stable over its rotations.
    ApiKeyId
);
id!(
    /// Of a record that has no key of its own.
    RecordId
);
id!(
    /// Of a person or program that a door knows by name.
    UserId
);

impl UserId {
    /// The id of whoever `door` knows as `subject`: the same whenever it is asked for.
    pub fn of(door: &str, subject: &str) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(b"coffer user id v1");
        for part in [door, subject] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        let digest: [u8; 32] = hasher.finalize().into();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self(Builder::from_random_bytes(bytes).into_uuid())
    }
}
