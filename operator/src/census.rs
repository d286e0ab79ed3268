//! Numbers that change often: consumers of a `VaultSecret`'s values and secrets of a `Vault`. They are
//! counted when something marked them, and written when they differ, at most once a second each.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
    time::Duration,
};

use coffer_crds::{
    ApiKey, ApiKeyRotation, Consumers, EnvironmentScope, Rotation, Vault, VaultSecret,
    lagging::{LaggingKey, MOST_BEHIND, in_a_line},
};
use coffer_domain::{
    Error,
    address::{Place, Version},
    name::{OrgName, VaultName},
    succession::Laggard,
    usecase::consumers::Held,
};
use kube::{Api, Resource, ResourceExt, runtime::reflector::ObjectRef};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{
    context::{Context, Shared, seconds},
    failure::Failure,
    feed::is_in,
    status,
    succession::named,
};

/// At most one write per object in this time.
const PAUSE: Duration = Duration::from_secs(1);

/// What has to be counted again.
#[derive(Clone, Default)]
pub struct Dirty(Arc<(Mutex<Marks>, Notify)>);

#[derive(Default)]
struct Marks {
    ledgers: HashSet<Place>,
    vaults: HashSet<(OrgName, VaultName)>,
}

impl Dirty {
    /// Marks the ledgers of environments, and vaults.
    pub fn mark(
        &self,
        ledgers: impl IntoIterator<Item = Place>,
        vaults: impl IntoIterator<Item = (OrgName, VaultName)>,
    ) {
        let (marks, notify) = &*self.0;
        let mut marks = marks.lock();
        marks.ledgers.extend(ledgers);
        marks.vaults.extend(vaults);
        if !marks.ledgers.is_empty() || !marks.vaults.is_empty() {
            notify.notify_one();
        }
    }

    async fn take(&self) -> Marks {
        let (marks, notify) = &*self.0;
        notify.notified().await;
        std::mem::take(&mut marks.lock())
    }
}

/// Counts for as long as it is polled.
pub async fn count(context: Shared, dirty: Dirty) {
    loop {
        let marks = dirty.take().await;
        for place in marks.ledgers {
            let counted = count_consumers(&context, &place).await;
            wake_waiting(&context, &place);
            match counted {
                Ok(true) => {}
                Ok(false) => dirty.mark([place], []),
                Err(error) => {
                    tracing::warn!(%place, %error, "consumers could not be counted; trying again");
                    dirty.mark([place], []);
                }
            }
        }
        for vault in marks.vaults {
            match count_secrets(&context, &vault).await {
                Ok(true) => {}
                Ok(false) => dirty.mark([], [vault]),
                Err(error) => {
                    tracing::warn!(vault = %vault.1, %error, "secrets could not be counted; trying again");
                    dirty.mark([], [vault]);
                }
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Has whatever waits for acknowledgements there looked at: one may have been the last.
fn wake_waiting(context: &Context, place: &Place) {
    let waits = |rotation: Option<Option<u64>>| rotation.flatten().is_some();
    context.wake_secrets(|object| {
        let rotation = object.spec.rotation.as_ref().map(Rotation::patience_seconds);
        waits(rotation) && is_in(object, place)
    });
    context.wake_keys(|object| {
        let rotation = object
            .spec
            .rotation
            .as_ref()
            .map(ApiKeyRotation::patience_seconds);
        waits(rotation) && is_written_in(object, place)
    });
}

fn is_written_in(object: &ApiKey, place: &Place) -> bool {
    object.namespace().as_deref() == Some(place.organization.as_str())
        && object.spec.vault_ref.name == place.vault.as_str()
        && object.spec.environment() == EnvironmentScope::One(place.environment.as_str())
}

/// Counts the consumers of one environment anew, for every object with values there. `false`: the cache is
/// behind our own last write of some of them, which have to be counted again.
pub async fn count_consumers(context: &Context, place: &Place) -> Result<bool, Failure> {
    let ledger = match context.coffer.list_consumers(&context.caller, place).await {
        Err(Error::NotFound { .. }) => Vec::new(),
        result => result?,
    };
    let mut all_fresh = true;
    for object in context.caches.secrets.state_filter(|object| is_in(object, place)) {
        if context.fresh.has_seen(object.meta()) {
            let namespace = object.namespace().unwrap_or_default();
            let counted = tally(&object.spec.secret_names(), &namespace, &ledger);
            write_consumers(context, &object, counted).await?;
        } else {
            all_fresh = false;
        }
    }
    Ok(all_fresh)
}

async fn write_consumers(context: &Context, object: &VaultSecret, counted: Consumers) -> Result<(), Failure> {
    // A reconciliation comes first: it alone makes a status.
    let Some(old) = object
        .status
        .as_ref()
        .filter(|it| it.observed_generation.is_some())
    else {
        return Ok(());
    };
    if old.consumers.is_none() && counted.total == 0 {
        return Ok(());
    }
    let mut new = old.clone();
    new.consumers = Some(counted);
    let api: Api<VaultSecret> =
        Api::namespaced(context.client.clone(), &object.namespace().unwrap_or_default());
    gone_is_fine(status::write(&api, &context.fresh, object, old, &new).await)
}

/// Pods that hold any of `names`, and those of them that acknowledged the current version of all they use.
fn tally(names: &[String], namespace: &str, ledger: &[Held]) -> Consumers {
    let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let ours = |held: &&Held| names.contains(held.line.name.as_str());
    let mut pods: BTreeMap<&str, Option<&Laggard>> = BTreeMap::new();
    for held in ledger.iter().filter(ours) {
        let longest = pods.entry(&held.line.pod_uid).or_default();
        let lags = longest.take().into_iter().chain(&held.laggard);
        *longest = lags.min_by_key(|laggard| laggard.since);
    }
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let mut laggards: Vec<Laggard> = pods
        .values()
        .flatten()
        .map(|laggard| (*laggard).clone())
        .collect();
    laggards.sort_by(|a, b| (a.since, &a.pod).cmp(&(b.since, &b.pod)));
    Consumers {
        laggards: in_a_line(&named(&laggards), laggards.len(), namespace),
        behind: behind(ledger.iter().filter(ours)),
        ..Consumers::new(count(pods.len() - laggards.len()), count(pods.len()))
    }
}

/// The first of the lines that lag.
fn behind<'l>(ledger: impl Iterator<Item = &'l Held>) -> Vec<LaggingKey> {
    let mut lines: Vec<(&Held, &Laggard)> = ledger
        .filter_map(|held| Some((held, held.laggard.as_ref()?)))
        .collect();
    lines.sort_by(|(a, x), (b, y)| (x.since, &x.pod, &a.line.name).cmp(&(y.since, &y.pod, &b.line.name)));
    let line = |(held, laggard): &(&Held, &Laggard)| LaggingKey {
        name: held.line.name.to_string(),
        namespace: laggard.namespace.clone(),
        pod: laggard.pod.clone(),
        version: laggard.holds.map(Version::get),
        since: seconds(laggard.since),
    };
    lines.iter().take(MOST_BEHIND).map(line).collect()
}

/// `false`: the cache is behind our own last write.
async fn count_secrets(
    context: &Context,
    (organization, vault): &(OrgName, VaultName),
) -> Result<bool, Failure> {
    let reference = ObjectRef::<Vault>::new(vault.as_str()).within(organization.as_str());
    let Some(object) = context.caches.vaults.get(&reference) else {
        return Ok(true);
    };
    if !context.fresh.has_seen(object.meta()) {
        return Ok(false);
    }
    let Some(old) = object.status.as_ref().filter(|status| status.id.is_some()) else {
        return Ok(true);
    };
    let count = match context
        .coffer
        .count_secrets(&context.caller, organization, vault)
        .await
    {
        Err(Error::NotFound { .. }) => return Ok(true),
        result => result?,
    };
    let mut new = old.clone();
    new.secrets = Some(u32::try_from(count).unwrap_or(u32::MAX));
    let api: Api<Vault> = Api::namespaced(context.client.clone(), organization.as_str());
    gone_is_fine(status::write(&api, &context.fresh, &*object, old, &new).await)?;
    Ok(true)
}

fn gone_is_fine(result: Result<bool, Failure>) -> Result<(), Failure> {
    match result {
        Err(failure) if failure.is_gone() => Ok(()),
        result => result.map(drop),
    }
}

#[cfg(test)]
#[path = "census_tests.rs"]
mod tests;
