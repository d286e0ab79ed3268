//! Who wakes which stream: one reader of the change sequence for the whole server, and a topic per
//! environment, so that a write wakes only the streams it concerns. Topics coalesce by nature.

use std::{
    collections::{HashMap, hash_map::Entry},
    time::Duration,
};

use coffer_domain::{
    change::{Change, Subject},
    id::{OrgId, VaultId},
    name::EnvName,
    usecase::{Coffer, MAX_PAGE},
};
use futures::StreamExt;
use parking_lot::Mutex;
use tokio::sync::watch;

/// How long to wait before the change sequence is read again after the store did not answer.
const RETRY: Duration = Duration::from_millis(200);

/// What a stream listens to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Topic {
    /// The tenant.
    pub organization: OrgId,
    /// The vault.
    pub vault: VaultId,
    /// The environment.
    pub environment: EnvName,
}

/// The topics, and the newest change's number, of any kind and about a vault.
#[derive(Debug)]
pub struct Hub {
    topics: Mutex<HashMap<Topic, watch::Sender<u64>>>,
    latest: watch::Sender<u64>,
    vaults: watch::Sender<u64>,
    stop: watch::Sender<bool>,
}

impl Hub {
    /// Nothing to wake yet; the change sequence stands at `latest`.
    pub fn new(latest: u64) -> Self {
        Self {
            topics: Mutex::default(),
            latest: watch::Sender::new(latest),
            vaults: watch::Sender::new(latest),
            stop: watch::Sender::new(false),
        }
    }

    /// Wakes when something about `topic` may have changed.
    pub fn subscribe(&self, topic: Topic) -> watch::Receiver<u64> {
        match self.topics.lock().entry(topic) {
            Entry::Occupied(known) => known.get().subscribe(),
            Entry::Vacant(free) => free.insert(watch::Sender::new(0)).subscribe(),
        }
    }

    /// Wakes when any vault was made, changed or deleted: for those who wait for one that is not there.
    pub fn vaults(&self) -> watch::Receiver<u64> {
        self.vaults.subscribe()
    }

    /// Wakes on every change.
    pub fn latest(&self) -> watch::Receiver<u64> {
        self.latest.subscribe()
    }

    /// Ends all streams.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Returns when the streams are to end.
    pub async fn stopped(&self) {
        // An error would mean that the sender is gone, and it lives in `self`.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }

    /// Follows the change sequence until the store ends it.
    pub async fn run(&self, coffer: &Coffer) {
        let mut numbers = coffer.watch();
        let mut seen = *self.latest.borrow();
        while let Some(number) = numbers.next().await {
            while seen < number {
                match coffer.all_changes(seen).await {
                    Ok(changes) => {
                        seen = self.announce(&changes, number);
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the change sequence cannot be read; trying again");
                        tokio::time::sleep(RETRY).await;
                    }
                }
            }
        }
    }

    /// Wakes everyone whom `changes`, read when the sequence stood at `number`, concern. Returns the number up
    /// to which the sequence has been read.
    fn announce(&self, changes: &[Change], number: u64) -> u64 {
        let whole = (changes.len() as u64) < u64::from(MAX_PAGE);
        let last = changes.last().map_or(number, |change| change.sequence);
        let seen = if whole { last.max(number) } else { last };
        let mut topics = self.topics.lock();
        topics.retain(|topic, sender| {
            if changes.iter().any(|change| concerns(change, topic)) {
                sender.send_replace(seen);
            }
            sender.receiver_count() > 0
        });
        drop(topics);
        if changes
            .iter()
            .any(|change| matches!(change.subject, Subject::Vault { .. }))
        {
            self.vaults.send_replace(seen);
        }
        self.latest.send_replace(seen);
        seen
    }
}

/// Whether a change may alter what a pod is given there. The ledger's own changes do not: every delivery makes
/// one, and would wake its own stream for ever.
fn concerns(change: &Change, topic: &Topic) -> bool {
    change.organization == topic.organization
        && match &change.subject {
            Subject::Secret {
                vault, environment, ..
            } => topic.vault == *vault && topic.environment == *environment,
            // A vault may have taken another's name: everyone in the tenant looks again.
            Subject::Vault { .. } => true,
            Subject::ApiKey { .. } | Subject::Consumers { .. } => false,
        }
}

#[cfg(test)]
mod tests {
    use coffer_domain::testkit::{ManualClock, SeededEntropy};
    use jiff::Timestamp;

    use super::*;

    struct World {
        clock: ManualClock,
        entropy: SeededEntropy,
        hub: Hub,
    }

    impl World {
        fn new() -> Self {
            let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
            Self {
                clock,
                entropy: SeededEntropy::new(1),
                hub: Hub::new(0),
            }
        }

        fn topic(&self, environment: &str) -> Topic {
            Topic {
                organization: OrgId::fresh(&self.clock, &self.entropy),
                vault: VaultId::fresh(&self.clock, &self.entropy),
                environment: EnvName::new(environment).unwrap(),
            }
        }
    }

    fn change(sequence: u64, topic: &Topic, subject: impl Fn(VaultId, EnvName) -> Subject) -> Change {
        let subject = subject(topic.vault, topic.environment.clone());
        Change {
            sequence,
            organization: topic.organization,
            subject,
            at: Timestamp::UNIX_EPOCH,
        }
    }

    fn secret(vault: VaultId, environment: EnvName) -> Subject {
        Subject::Secret {
            vault,
            environment,
            name: coffer_domain::name::SecretName::new("A").unwrap(),
            version: None,
        }
    }

    #[test]
    fn a_secret_wakes_its_environment_alone() {
        let world = World::new();
        let (here, other) = (world.topic("a"), world.topic("a"));
        let beside = Topic {
            environment: EnvName::new("b").unwrap(),
            ..here.clone()
        };
        let mut receivers = [&here, &other, &beside].map(|topic| world.hub.subscribe(topic.clone()));
        assert_eq!(world.hub.announce(&[change(7, &here, secret)], 7), 7);
        assert_eq!(
            receivers
                .each_mut()
                .map(|receiver| receiver.has_changed().unwrap()),
            [true, false, false]
        );
    }

    #[test]
    fn a_vault_wakes_its_tenant_and_the_ledger_nobody() {
        let world = World::new();
        let here = world.topic("a");
        let beside = Topic {
            environment: EnvName::new("b").unwrap(),
            ..here.clone()
        };
        let mut receivers = [
            world.hub.subscribe(here.clone()),
            world.hub.subscribe(beside),
            world.hub.vaults(),
        ];
        world.hub.announce(
            &[change(1, &here, |vault, environment| Subject::Consumers {
                vault,
                environment,
            })],
            1,
        );
        assert_eq!(
            receivers
                .each_mut()
                .map(|receiver| receiver.has_changed().unwrap()),
            [false, false, false]
        );
        world
            .hub
            .announce(&[change(2, &here, |vault, _| Subject::Vault { vault })], 2);
        assert_eq!(
            receivers
                .each_mut()
                .map(|receiver| receiver.has_changed().unwrap()),
            [true, true, true]
        );
    }

    #[test]
    fn topics_that_nobody_listens_to_are_dropped() {
        let world = World::new();
        drop(world.hub.subscribe(world.topic("a")));
        world.hub.announce(&[], 1);
        assert!(world.hub.topics.lock().is_empty());
    }

    #[tokio::test]
    async fn stopping_is_noticed_before_and_after() {
        let hub = Hub::new(0);
        let ((), ()) = tokio::join!(hub.stopped(), async { hub.stop() });
        hub.stopped().await;
    }
}
