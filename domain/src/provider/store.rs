//! The store as a provider: a mount is a vault, a path is a secret of its environment `default`, and a map is a JSON
//! object. Plain text, as other doors write it, is a map with the one key `value`, and such a map is plain text.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::{
    Actor, Change, Entry, Found, Gone, History, Intent, Line, Moved, Provider, ProviderFault, Removed, Shift,
    Stamp, Wrote,
};
use crate::{
    Error,
    address::{Address, Place, Version},
    canonical_uri::{CanonicalUri, UriPath, UriPrefix},
    entity::{Secret, VersionMeta, VersionState},
    metadata::Metadata,
    name::{EnvName, SecretName, VaultName},
    secret_json::SecretJson,
    secret_value::SecretValue,
    usecase::{
        Coffer, MAX_PAGE,
        secrets::{Becomes, Before, Shifted},
    },
};

/// Under which key plain text shows.
const PLAIN: &str = "value";

/// The store.
pub struct StoreProvider {
    coffer: Coffer,
}

impl StoreProvider {
    /// Over `coffer`.
    pub fn new(coffer: Coffer) -> Arc<Self> {
        Arc::new(Self { coffer })
    }

    async fn lines(
        &self,
        actor: &Actor,
        address: &Address,
    ) -> Result<(Secret, Vec<VersionMeta>), ProviderFault> {
        self.coffer
            .list_versions(&actor.caller, address)
            .await
            .map_err(fault)
    }
}

#[async_trait]
impl Provider for StoreProvider {
    fn keeps_versions(&self) -> bool {
        true
    }

    async fn read(&self, actor: &Actor, uri: &CanonicalUri) -> Result<Found, ProviderFault> {
        let address = address(actor, uri)?;
        let read = self
            .coffer
            .read_secret(&actor.caller, &address, uri.version)
            .await
            .map_err(fault)?;
        Ok(Found {
            value: shown(&read.value),
            version: Some(read.meta.version),
        })
    }

    async fn write(
        &self,
        actor: &Actor,
        uri: &CanonicalUri,
        change: &Change,
        intent: Intent,
    ) -> Result<Wrote, ProviderFault> {
        let address = address(actor, uri)?;
        let stamp = Stamp {
            subject: actor.subject.clone(),
            at: self.coffer.clock().now(),
        };
        let remake = |before: Before<'_>| {
            let value = remade(before.value, change).ok_or(ProviderFault::NoSuchKey)?;
            let mut metadata = before.metadata;
            stamp.mark(&mut metadata.attributes);
            Ok(Becomes { value, metadata })
        };
        let rotate = intent == Intent::Rotate;
        let done = self
            .coffer
            .remake_secret(&actor.caller, &address, rotate, &remake)
            .await;
        let (old, written) = done.map_err(|error: ProviderFault| match error {
            ProviderFault::Domain(error) => fault(error),
            other => other,
        })?;
        Ok(Wrote {
            old,
            new: Some(written.meta.version),
        })
    }

    async fn remove(&self, actor: &Actor, uri: &CanonicalUri) -> Result<Removed, ProviderFault> {
        let address = address(actor, uri)?;
        let version = self
            .coffer
            .delete_latest(&actor.caller, &address)
            .await
            .map_err(fault)?;
        Ok(Removed {
            key_only: false,
            version: Some(version),
        })
    }

    async fn destroy(&self, actor: &Actor, uri: &CanonicalUri) -> Result<Removed, ProviderFault> {
        let address = address(actor, uri)?;
        self.coffer
            .remove_secret(&actor.caller, &address)
            .await
            .map_err(fault)?;
        Ok(Removed {
            key_only: false,
            version: None,
        })
    }

    async fn history(&self, actor: &Actor, uri: &CanonicalUri) -> Result<History, ProviderFault> {
        let (secret, versions) = self.lines(actor, &address(actor, uri)?).await?;
        Ok(History {
            current: secret.latest.get(),
            oldest: 0,
            max_versions: 0,
            cas_required: false,
            delete_version_after: "0s".to_owned(),
            created_at: secret.created_at,
            updated_at: secret.updated_at,
            versions: versions.iter().map(line).collect(),
            custom: secret.described().attributes,
        })
    }

    async fn shift(
        &self,
        actor: &Actor,
        uri: &CanonicalUri,
        versions: &[Version],
        shift: Shift,
    ) -> Result<Moved, ProviderFault> {
        let address = address(actor, uri)?;
        let moved = match shift {
            Shift::Undelete => {
                self.coffer
                    .undelete_these(&actor.caller, &address, versions)
                    .await
            }
            Shift::Destroy => self.coffer.destroy_these(&actor.caller, &address, versions).await,
        };
        let Shifted { applied, skipped } = moved.map_err(fault)?;
        Ok(Moved { applied, skipped })
    }

    async fn set_owner(
        &self,
        actor: &Actor,
        uri: &CanonicalUri,
        owner: &str,
    ) -> Result<BTreeMap<String, String>, ProviderFault> {
        let address = address(actor, uri)?;
        let change = |mut metadata: Metadata| {
            metadata.attributes.insert("owner".to_owned(), owner.to_owned());
            Ok(metadata)
        };
        let amended = self.coffer.amend_secret(&actor.caller, &address, change).await;
        Ok(amended.map_err(fault)?.described().attributes)
    }

    async fn entries(&self, actor: &Actor, prefix: &UriPrefix) -> Result<Vec<Entry>, ProviderFault> {
        let place = place(actor, &prefix.path)?;
        let below = prefix
            .path
            .key()
            .map_or_else(String::new, |key| format!("{key}/"));
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = self
                .coffer
                .list_secrets(&actor.caller, &place, after.as_ref(), MAX_PAGE)
                .await;
            let page = page.map_err(fault)?;
            let names = page
                .iter()
                .filter_map(|secret| secret.name.as_str().strip_prefix(&below));
            found.extend(names.map(|rest| entry(&prefix.path, rest)));
            after = page.last().map(|secret| secret.name.clone());
            if (page.len() as u64) < u64::from(MAX_PAGE) {
                break;
            }
        }
        found.sort();
        found.dedup();
        Ok(found)
    }
}

/// The next level of a name below a path.
fn entry(path: &UriPath, rest: &str) -> Entry {
    match rest.split_once('/') {
        Some((folder, _)) => Entry::Folder(format!("{path}/{folder}")),
        None => Entry::Secret(format!("{path}/{rest}")),
    }
}

fn place(actor: &Actor, path: &UriPath) -> Result<Place, ProviderFault> {
    Ok(Place {
        organization: actor.tenant.clone(),
        vault: VaultName::new(path.mount()).map_err(|_| ProviderFault::NotConfigured)?,
        environment: EnvName::default_environment(),
    })
}

fn address(actor: &Actor, uri: &CanonicalUri) -> Result<Address, ProviderFault> {
    let name = SecretName::new(uri.path.key().unwrap_or_default()).map_err(Error::from)?;
    Ok(place(actor, &uri.path)?.secret(name))
}

/// A value as a map.
pub fn shown(value: &SecretValue) -> SecretJson {
    match SecretJson::parse(value) {
        Ok(map) if map.members().is_some() => map,
        _ => SecretJson::new(plain(value)),
    }
}

fn plain(value: &SecretValue) -> Value {
    match std::str::from_utf8(value.reveal()) {
        Ok(text) => json!({ PLAIN: text }),
        Err(_) => json!({ PLAIN: BASE64_STANDARD.encode(value.reveal()), "encoding": "base64" }),
    }
}

/// The value after a change; `None` if the key that should go was not there.
fn remade(present: Option<&SecretValue>, change: &Change) -> Option<SecretValue> {
    let map = change.apply(present.map(shown).as_ref())?;
    Some(kept(&map))
}

/// A map as the value that shows as it.
pub fn kept(map: &SecretJson) -> SecretValue {
    let members = map.members().filter(|members| members.len() == 1);
    let text = members.and_then(|members| members.get(PLAIN)?.as_str());
    // Text that reads as a map would come back as another one.
    let plain = text.map(SecretValue::from).filter(|text| shown(text) == *map);
    plain.unwrap_or_else(|| map.to_value())
}

fn line(meta: &VersionMeta) -> Line {
    Line {
        version: meta.version,
        state: meta.state,
        created_at: meta.created_at,
        deleted_at: meta.ended_at.filter(|_| meta.state == VersionState::Deleted),
    }
}

/// The domain's errors that a provider says in its own words.
fn fault(error: Error) -> ProviderFault {
    match error {
        Error::NotFound {
            what: "secret" | "version",
            ..
        } => ProviderFault::NotFound,
        Error::Deleted { version, .. } => ProviderFault::Gone {
            version,
            what: Gone::Deleted(None),
        },
        Error::Destroyed { version, .. } => ProviderFault::Gone {
            version,
            what: Gone::Destroyed,
        },
        other => ProviderFault::Domain(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(present: Option<&str>, change: &Change) -> String {
        let present = present.map(SecretValue::from);
        let value = remade(present.as_ref(), change).unwrap();
        String::from_utf8(value.reveal().to_vec()).unwrap()
    }

    #[test]
    fn plain_text_is_the_map_of_one_key() {
        let set = |key: &str, value: Value| Change::Set(key.to_owned(), SecretJson::new(value));
        for (present, change, expected) in [
            (None, set("value", json!("text")), "text"),
            (Some("old"), set("value", json!("text")), "text"),
            (
                Some("old"),
                set("other", json!(1)),
                r#"{"other":1,"value":"old"}"#,
            ),
            (
                Some(r#"{"other":1,"value":"x"}"#),
                Change::Unset("other".into()),
                "x",
            ),
            (None, set("value", json!(1)), r#"{"value":1}"#),
            (None, set("value", json!("{\"a\":1}")), r#"{"value":"{\"a\":1}"}"#),
            (None, set("value", json!("")), ""),
            (None, set("token", json!("x")), r#"{"token":"x"}"#),
        ] {
            let text = after(present, &change);
            assert_eq!(text, expected);
            assert_eq!(
                Some(shown(&text.as_str().into())),
                change.apply(present.map(|it| shown(&it.into())).as_ref())
            );
        }
        assert_eq!(
            shown(&SecretValue::new([0xff])).reveal(),
            &json!({"value": "/w==", "encoding": "base64"})
        );
        assert_eq!(shown(&"[1]".into()).reveal(), &json!({"value": "[1]"}));
    }
}
