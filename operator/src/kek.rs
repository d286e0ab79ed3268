//! The store's root key, kept in a Secret: key `current`, 32 bytes, and while it is being changed the one
//! before it under `previous`. Made when there is neither a key nor a store; a store whose key is gone is
//! never given another.

use std::collections::BTreeMap;

use coffer_domain::{port::Entropy, secret_value::SecretValue};
use k8s_openapi::{ByteString, api::core::v1::Secret, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use kube::{Api, Client, api::PostParams};
use thiserror::Error;

use crate::failure::{Failure, code};

/// How many bytes a root key has.
const KEY_BYTES: usize = 32;
const CURRENT: &str = "current";
const PREVIOUS: &str = "previous";

/// The root key, and the one before it while it is being changed.
#[derive(Debug, Clone)]
pub struct RootKeys {
    /// Wraps from now on.
    pub current: SecretValue,
    /// Still unwraps.
    pub previous: Option<SecretValue>,
}

/// Why there is no root key.
#[derive(Debug, Error)]
pub enum RootKeyError {
    /// The store's key is gone: a new one could open nothing.
    #[error(
        "Secret {0} with the store's root key does not exist, but a store does: restore the Secret from its backup; \
         without it the store cannot be read by anyone"
    )]
    Lost(String),
    /// The Secret is not what this operator made.
    #[error("key {key} of Secret {secret} must hold {KEY_BYTES} bytes, and {found}")]
    Damaged {
        /// `namespace/name`.
        secret: String,
        /// Which key.
        key: &'static str,
        /// What it holds: `is absent`, or `holds 16`.
        found: String,
    },
    /// The cluster did not answer.
    #[error(transparent)]
    Cluster(#[from] Failure),
}

/// Reads the root key from Secret `name` of `namespace`. If there is none, makes it, unless `store_exists`.
pub async fn root_keys(
    client: &Client,
    namespace: &str,
    name: &str,
    store_exists: bool,
    entropy: &dyn Entropy,
) -> Result<RootKeys, RootKeyError> {
    let api: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let secret = format!("{namespace}/{name}");
    let read = || async {
        api.get_opt(name)
            .await
            .map_err(Failure::cluster("read the root key's Secret"))
    };
    if let Some(found) = read().await? {
        return parse(&secret, found);
    }
    if store_exists {
        return Err(RootKeyError::Lost(secret));
    }
    match api.create(&PostParams::default(), &fresh(name, entropy)).await {
        Ok(_) => tracing::warn!(
            secret,
            "a root key was made; if it is the store's, back this Secret up: without it nothing in the store can be read"
        ),
        // Another replica was first.
        Err(error) if code(&error) == 409 => {}
        Err(error) => return Err(Failure::cluster("make the root key's Secret")(error).into()),
    }
    // What counts is what the cluster keeps.
    let found = read().await?.ok_or_else(|| RootKeyError::Lost(secret.clone()))?;
    parse(&secret, found)
}

fn fresh(name: &str, entropy: &dyn Entropy) -> Secret {
    let mut key = vec![0; KEY_BYTES];
    entropy.fill(&mut key);
    Secret {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            ..ObjectMeta::default()
        },
        data: Some(BTreeMap::from([(CURRENT.to_owned(), ByteString(key))])),
        ..Secret::default()
    }
}

fn parse(secret: &str, found: Secret) -> Result<RootKeys, RootKeyError> {
    let mut data = found.data.unwrap_or_default();
    let mut take = |key: &'static str| match data.remove(key) {
        None => Ok(None),
        Some(bytes) if bytes.0.len() == KEY_BYTES => Ok(Some(SecretValue::new(bytes.0))),
        Some(bytes) => Err(damaged(secret, key, format!("holds {}", bytes.0.len()))),
    };
    let previous = take(PREVIOUS)?;
    let current = take(CURRENT)?.ok_or_else(|| damaged(secret, CURRENT, "is absent".to_owned()))?;
    Ok(RootKeys { current, previous })
}

fn damaged(secret: &str, key: &'static str, found: String) -> RootKeyError {
    RootKeyError::Damaged {
        secret: secret.to_owned(),
        key,
        found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(entries: &[(&str, usize)]) -> Secret {
        let data = entries
            .iter()
            .map(|(key, length)| ((*key).to_owned(), ByteString(vec![7; *length])));
        Secret {
            data: Some(data.collect()),
            ..Secret::default()
        }
    }

    #[test]
    fn both_keys_are_read_during_a_change() {
        let keys = parse("a/b", secret(&[(CURRENT, 32), (PREVIOUS, 32)])).unwrap();
        assert_eq!(keys.current.len(), 32);
        assert!(keys.previous.is_some());
    }

    #[test]
    fn a_key_of_another_length_is_told_without_being_shown() {
        for (entries, words) in [
            (
                vec![(CURRENT, 16)],
                "key current of Secret a/b must hold 32 bytes, and holds 16",
            ),
            (vec![], "and is absent"),
            (vec![(CURRENT, 32), (PREVIOUS, 1)], "key previous"),
        ] {
            let error = parse("a/b", secret(&entries)).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
