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
            context.wake_secrets(|object| self.concerns(object));
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
        dirty.mark(
            self.ledgers,
            self.vaults.into_iter().filter_map(|id| context.index.names(id)),
        );
    }

    /// Whether a change is about one of the object's values, and its status does not show it yet.
    fn concerns(&self, object: &VaultSecret) -> bool {
        let Some(changes) = place_of(object).and_then(|place| self.secrets.get(&place)) else {
            return false;
        };
        let status = object.status.as_ref();
        object.spec.secret_names().into_iter().any(|name| {
            let change = SecretName::new(&name)
                .ok()
                .and_then(|secret| changes.get(&secret));
            change.is_some_and(|version| shown(status, &name) != version.map(Version::get))
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

fn shown(status: Option<&VaultSecretStatus>, name: &str) -> Option<u64> {
    status?.keys.iter().find(|key| key.name == name)?.version
}
