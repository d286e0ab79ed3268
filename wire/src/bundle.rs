//! Last-known-good bundles: what of them the agent, the operator and the injector must agree on. A bundle is
//! a header in clear text and the values, sealed under a key that is good for this header and this identity
//! alone. How the key is made is the bundle crate's; nothing here encrypts.

use std::collections::BTreeMap;

use coffer_domain::secret_value::SecretValue;
use serde::{Deserialize, Serialize};

use crate::Delivered;

/// Path of the injector's answer to "which key opens this bundle": `POST`, body [`KeyRequest`], answer [`KeyAnswer`].
pub const KEY_PATH: &str = "/coffer/v1/bundle/key";
/// Path by which a pod that started from a bundle says that it now holds what the store holds: `POST` without
/// a body, answer `204 No Content`.
pub const CURRENT_PATH: &str = "/coffer/v1/bundle/current";
/// The key of the Secret that holds a bundle, and so its file's name.
pub const FILE: &str = "bundle";
/// Begins every bundle of this form.
const MAGIC: [u8; 4] = *b"CFB1";
/// Separates the purpose of what is derived from an identity from any other.
const CONTEXT: &[u8] = b"coffer.dev/bundle/v1";

/// Whom a bundle is for, and of what. Two pods with the same one share a bundle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BundleIdentity {
    /// The pods' namespace.
    pub namespace: String,
    /// Their service account.
    pub service_account: String,
    /// What they want.
    #[serde(flatten)]
    pub content: BundleContent,
}

/// What a bundle holds, as a pod's annotations say it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BundleContent {
    /// The vault's organization.
    pub organization: String,
    /// The vault's name.
    pub vault: String,
    /// The environment inside it.
    pub environment: String,
    /// The secrets, sorted, each once; `None` is every one that the service account may read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<Vec<String>>,
    /// How old the pod says that values may be that it starts with, in seconds.
    pub max_stale: u64,
}

impl BundleIdentity {
    /// One text for each identity, and another for every other: each part with its length before it.
    pub fn canonical(&self) -> Vec<u8> {
        let content = &self.content;
        let mut out = Vec::new();
        put(&mut out, CONTEXT);
        for part in [
            &self.namespace,
            &self.service_account,
            &content.organization,
            &content.vault,
            &content.environment,
        ] {
            put(&mut out, part.as_bytes());
        }
        put(&mut out, &content.max_stale.to_be_bytes());
        // All and none are told apart by the count before the names.
        match &content.names {
            None => put(&mut out, b"*"),
            Some(names) => {
                put(&mut out, &(names.len() as u64).to_be_bytes());
                for name in names {
                    put(&mut out, name.as_bytes());
                }
            }
        }
        out
    }
}

fn put(out: &mut Vec<u8>, part: &[u8]) {
    out.extend_from_slice(&(part.len() as u64).to_be_bytes());
    out.extend_from_slice(part);
}

/// What stands before the sealed values. It is authenticated: a key derived for another header opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Which root key.
    pub generation: [u8; 8],
    /// When the values were current, in seconds since 1970.
    pub issued: u64,
    /// How many seconds after that a pod may still be started with them: the lesser of what the pod and the vault say.
    pub max_stale: u64,
    /// Makes the key one of its own.
    pub salt: [u8; 32],
}

impl Header {
    /// Its length in bytes.
    pub const LENGTH: usize = 60;

    /// As it stands in a bundle.
    pub fn to_bytes(&self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..12].copy_from_slice(&self.generation);
        bytes[12..20].copy_from_slice(&self.issued.to_be_bytes());
        bytes[20..28].copy_from_slice(&self.max_stale.to_be_bytes());
        bytes[28..].copy_from_slice(&self.salt);
        bytes
    }

    /// The header of a bundle, and what it seals; `None` for anything that is no bundle of this form.
    pub fn split(bundle: &[u8]) -> Option<(Self, &[u8])> {
        let (header, sealed) = bundle.split_at_checked(Self::LENGTH)?;
        Some((Self::parse(header)?, sealed))
    }

    /// Reads a header alone.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; Self::LENGTH] = bytes.try_into().ok()?;
        let header = Self {
            generation: bytes[4..12].try_into().ok()?,
            issued: u64::from_be_bytes(bytes[12..20].try_into().ok()?),
            max_stale: u64::from_be_bytes(bytes[20..28].try_into().ok()?),
            salt: bytes[28..].try_into().ok()?,
        };
        (bytes[..4] == MAGIC).then_some(header)
    }

    /// Whether a pod may be started with the values at `now`, in seconds since 1970. A bundle from a future beyond what
    /// clocks differ by is not trusted either.
    pub fn is_fresh(&self, now: u64) -> bool {
        const SKEW: u64 = 60;
        self.issued <= now.saturating_add(SKEW) && now <= self.issued.saturating_add(self.max_stale)
    }

    /// What the key is derived for: this header and this identity.
    pub fn bind(&self, identity: &BundleIdentity) -> Vec<u8> {
        let mut bound = identity.canonical();
        put(&mut bound, &self.to_bytes());
        bound
    }
}

/// Asks for the key of a bundle. Whose it is says the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyRequest {
    /// What is in the bundle.
    pub content: BundleContent,
    /// The bundle's [`Header`], byte by byte.
    pub header: Vec<u8>,
}

/// The key of one bundle.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyAnswer {
    /// 32 bytes for AES-256-GCM, base64 on the wire.
    #[serde(with = "coffer_domain::secret_value::base64")]
    pub key: SecretValue,
}

/// The text inside a bundle.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BundleValues {
    /// Secret name → version and value.
    pub secrets: BTreeMap<String, Delivered>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> BundleIdentity {
        BundleIdentity {
            namespace: "team".into(),
            service_account: "web".into(),
            content: BundleContent {
                organization: "team".into(),
                vault: "app".into(),
                environment: "default".into(),
                names: Some(vec!["A".into(), "B".into()]),
                max_stale: 3600,
            },
        }
    }

    const HEADER: Header = Header {
        generation: *b"12345678",
        issued: 1_000_000,
        max_stale: 3600,
        salt: [7; 32],
    };

    #[test]
    fn a_header_is_read_as_it_was_written() {
        let mut bundle = HEADER.to_bytes().to_vec();
        assert_eq!(Header::split(&bundle), Some((HEADER, &[][..])));
        bundle.push(9);
        assert_eq!(Header::split(&bundle), Some((HEADER, &[9][..])));
        assert_eq!(Header::split(&bundle[..59]), None);
        bundle[3] = b'2';
        assert_eq!(Header::split(&bundle), None, "another form");
    }

    #[test]
    fn every_part_of_an_identity_and_of_a_header_is_bound() {
        type Change = fn(&mut BundleIdentity, &mut Header);
        let changes: [Change; 14] = [
            |_, _| (),
            |i, _| i.namespace = "other".into(),
            |i, _| i.service_account = "worker".into(),
            // The same letters, divided otherwise.
            |i, _| (i.namespace, i.service_account) = ("teamw".into(), "eb".into()),
            |i, _| i.content.organization = "shared".into(),
            |i, _| i.content.vault = "api".into(),
            |i, _| i.content.environment = "staging".into(),
            |i, _| i.content.names = None,
            |i, _| i.content.names = Some(vec![]),
            |i, _| i.content.names = Some(vec!["AB".into()]),
            |i, _| i.content.max_stale = 3601,
            |_, h| h.issued += 1,
            |_, h| h.max_stale += 1,
            |_, h| h.salt[31] = 8,
        ];
        let bound: std::collections::BTreeSet<Vec<u8>> = changes
            .iter()
            .map(|change| {
                let (mut identity, mut header) = (identity(), HEADER);
                change(&mut identity, &mut header);
                header.bind(&identity)
            })
            .collect();
        assert_eq!(bound.len(), changes.len());
    }

    #[test]
    fn a_bundle_ends_with_its_time_and_has_none_in_the_future() {
        for (now, fresh) in [
            (1_000_000, true),
            (1_003_600, true),
            (1_003_601, false),
            (u64::MAX, false),
            (999_940, true),
            (999_939, false),
            (0, false),
        ] {
            assert_eq!(HEADER.is_fresh(now), fresh, "{now}");
        }
    }

    #[test]
    fn an_identity_is_kept_as_json() {
        let json = serde_json::to_string(&identity()).unwrap();
        assert_eq!(serde_json::from_str::<BundleIdentity>(&json).unwrap(), identity());
    }
}
