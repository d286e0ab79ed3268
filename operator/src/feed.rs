//! From the store's changes to the objects they concern: a value written through an API, a rotation by
//! hand, a key revoked. What a status shows already (our own writes, mostly) concerns nobody.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use coffer_crds::{VaultSecret, VaultSecretStatus};
use coffer_domain::{
    address::{Place, Version},
    change::{Change, Subject},
    id::{ApiKeyId, VaultId},
    name::SecretName,
    usecase::MAX_PAGE,
};
use futures::StreamExt;
use kube::{ResourceExt, runtime::reflector::ObjectRef};

use crate::{
    census::Dirty,
    context::{Context, Shared},
    learned::Learned,
};

/// How long changes gather: one of ours is in a status by then.
const GATHER: Duration = Duration::from_millis(150);
/// After a failed read of the changes.
const AGAIN: Duration = Duration::from_secs(1);

/// Follows the changes after number `from` for as long as it is polled.
pub async fn follow(context: Shared, dirty: Dirty, from: u64) {
    let mut after = from;
    let mut rises = context.coffer.watch();
    while rises.next().await.is_some() {
        tokio::time::sleep(GATHER).await;
        loop {
            match context.coffer.all_changes(after).await {
                Ok(page) => {
                    after = page.last().map_or(after, |change| change.sequence);
                    let more = page.len() >= MAX_PAGE as usize;
                    News::of(page, &context).spread(&context, &dirty);
                    if !more {
                        break;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "the store's changes cannot be read; trying again");
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }
}

/// A page of changes, by what they are about.
#[derive(Default)]
struct News {
    secrets: BTreeMap<Place, BTreeMap<SecretName, Option<Version>>>,
    ledgers: HashSet<Place>,
    vaults: HashSet<VaultId>,
    amended: HashSet<VaultId>,
    keys: HashSet<ApiKeyId>,
}

impl News {
    /// The newest of each.
    fn of(page: Vec<Change>, context: &Context) -> Self {
        let mut news = Self::default();
        for change in page {
            match change.subject {
                Subject::Secret {
                    vault,
                    environment,
                    name,
                    version,
                } => {
                    news.vaults.insert(vault);
                    if let Some(place) = context.index.place(vault, &environment) {
                        news.ledgers.insert(place.clone());
                        news.secrets.entry(place).or_default().insert(name, version);
                    }
                }
                Subject::Vault { vault } => {
                    news.vaults.insert(vault);
                    news.amended.insert(vault);
                }
                Subject::ApiKey { key } => drop(news.keys.insert(key)),
                Subject::Consumers { vault, environment } => {
                    news.ledgers.extend(context.index.place(vault, &environment));
                }
            }
        }
        news
    }

    fn spread(self, context: &Context, dirty: &Dirty) {
        if !self.secrets.is_empty() {
            context.wake_secrets(|object| self.concerns(object, &context.learned));
        }
        if !self.keys.is_empty() || !self.secrets.is_empty() {
            context.wake_keys(|object| self.concerns_key(object));
        }
        context.restarts.mark(self.ledgers.iter().cloned());
        // A vault's status shows its sealing keys, which may have been rotated through an API.
        let amended = self.amended.iter().filter_map(|id| context.index.names(*id));
        context.mail.vaults.send_all(
            amended.map(|(organization, vault)| ObjectRef::new(vault.as_str()).within(organization.as_str())),
        );
        let vaults: Vec<_> = self
            .vaults
            .iter()
            .filter_map(|id| context.index.names(*id))
            .collect();
        if let Some(bundles) = &context.bundles {
            bundles.changed(self.secrets.into_keys(), vaults.clone());
        }
        dirty.mark(self.ledgers, vaults);
    }

    /// Whether a change is about one of the object's values, its status does not show it yet, and no reconciliation
    /// of it knows.
    fn concerns(&self, object: &VaultSecret, learned: &Learned) -> bool {
        let Some(changes) = place_of(object).and_then(|place| self.secrets.get(&place)) else {
            return false;
        };
        let status = object.status.as_ref();
        object.spec.secret_names().into_iter().any(|name| {
            let change = SecretName::new(&name)
                .ok()
                .and_then(|secret| changes.get(&secret));
            change.is_some_and(|version| {
                shown(status, &name) != version.map(Version::get)
                    && !learned.knows(object.metadata.uid.as_deref(), &name, *version)
            })
        })
    }

    fn concerns_key(&self, object: &coffer_crds::ApiKey) -> bool {
        let id = object.status.as_ref().and_then(|status| status.key_id.as_ref());
        let changed = id
            .and_then(|id| id.parse().ok())
            .is_some_and(|id| self.keys.contains(&id));
        let name = object.spec.write_to.vault_key.as_deref();
        let withdrawn = name.is_some_and(|name| {
            let here = self.secrets.iter().filter(|(place, _)| {
                Some(place.organization.as_str()) == object.namespace().as_deref()
                    && place.vault.as_str() == object.spec.vault_ref.name
            });
            here.flat_map(|(_, changes)| changes)
                .any(|(changed, version)| changed.as_str() == name && version.is_none())
        });
        changed || withdrawn
    }
}

/// Where an object's values are.
pub fn place_of(object: &VaultSecret) -> Option<Place> {
    Some(Place {
        organization: object.namespace()?.parse().ok()?,
        vault: object.spec.vault_ref.name.parse().ok()?,
        environment: object.spec.environment().parse().ok()?,
    })
}

/// Whether an object's values are in `place`: as [`place_of`] tells, without making one.
pub fn is_in(object: &VaultSecret, place: &Place) -> bool {
    object.metadata.namespace.as_deref() == Some(place.organization.as_str())
        && object.spec.vault_ref.name == place.vault.as_str()
        && object.spec.environment() == place.environment.as_str()
}

/// The version of a value that a status shows.
pub fn shown(status: Option<&VaultSecretStatus>, name: &str) -> Option<u64> {
    status?.keys.iter().find(|key| key.name == name)?.version
}

#[cfg(test)]
mod tests {
    use coffer_domain::usecase::secrets::KeyState;
    use serde_json::json;

    use super::*;

    fn object(version: u64) -> VaultSecret {
        serde_json::from_value(json!({
            "metadata": {"namespace": "team", "name": "web", "uid": "u"},
            "spec": {"vaultRef": {"name": "app"}, "data": {"A": {"generate": {"type": "hex"}}}},
            "status": {"keys": [{"name": "A", "version": version}]},
        }))
        .unwrap()
    }

    fn news(version: u64) -> News {
        let place = place_of(&object(1)).unwrap();
        let changes = BTreeMap::from([(SecretName::new("A").unwrap(), Version::new(version))]);
        News {
            secrets: BTreeMap::from([(place, changes)]),
            ..News::default()
        }
    }

    #[test]
    fn a_change_concerns_an_object_until_its_status_shows_it_or_a_reconciliation_knows() {
        let learned = Learned::default();
        let concerns = |news: &News| news.concerns(&object(1), &learned);
        assert!(!concerns(&news(1)), "the status shows it");
        assert!(concerns(&news(2)));
        let (changed_at, env_file_unfit) = (None, None);
        let state = KeyState {
            name: SecretName::new("A").unwrap(),
            version: Version::new(2),
            changed_at,
            env_file_unfit,
        };
        learned.note("u", &[state], None);
        assert!(!concerns(&news(2)), "the status is on its way");
        assert!(concerns(&news(3)), "somebody wrote another since");
    }

    #[test]
    fn where_an_object_is_needs_no_place_to_be_told() {
        let place = place_of(&object(1)).unwrap();
        assert!(is_in(&object(1), &place));
        let mut elsewhere = [object(1), object(1), object(1)];
        elsewhere[0].metadata.namespace = Some("other".to_owned());
        elsewhere[1].spec.vault_ref.name = "other".to_owned();
        elsewhere[2].spec.environment = Some("staging".to_owned());
        for object in &elsewhere {
            assert!(!is_in(object, &place));
            assert_ne!(place_of(object).as_ref(), Some(&place));
        }
    }
}
