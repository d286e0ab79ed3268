//! The outbox: each commit takes along what subscribers are to be told of it, so that they are told at least
//! once, and nobody is told of what did not happen. The deliverer asks for what is due and says how it went.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use parking_lot::Mutex;
use serde_json::json;

use super::{
    Caller, Coffer,
    documents::{commit, dropping, read},
};
use crate::{
    Error,
    audit::AuditEvent,
    entity::Secret,
    id::OrgId,
    outbox::{ACCESSED, Delivery, Event, Subscription, accessed, events},
    record::{Document, Kept},
    secret_value::SecretValue,
    store::{Commit, CommitError, Write},
};

/// The most organizations whose subscribers are held; the next one empties the shelf.
const CAPACITY: usize = 10_000;

type Known = Arc<[Kept<Subscription>]>;

/// Who subscribed, by organization, all under one epoch of rights.
#[derive(Debug, Default)]
pub struct Subscribers(Mutex<(u64, HashMap<OrgId, Known>)>);

impl Subscribers {
    fn get(&self, epoch: u64, organization: OrgId) -> Option<Known> {
        let shelf = self.0.lock();
        (shelf.0 == epoch)
            .then(|| shelf.1.get(&organization).cloned())
            .flatten()
    }

    fn put(&self, epoch: u64, organization: OrgId, known: &Known) {
        let mut shelf = self.0.lock();
        if shelf.0 != epoch || shelf.1.len() >= CAPACITY {
            *shelf = (epoch, HashMap::new());
        }
        shelf.1.insert(organization, Arc::clone(known));
    }
}

/// A delivery that is due.
#[derive(Debug)]
pub struct Due {
    /// Names it when its fate is told.
    pub delivery: Kept<Delivery>,
    /// Where it goes.
    pub url: String,
    /// Whose form it has.
    pub door: String,
    /// What signs it; see [`crate::outbox::signature`].
    pub secret: SecretValue,
    /// What else its dialect says of the subscription.
    pub labels: BTreeMap<String, String>,
}

impl Coffer {
    /// What is to be delivered now, of every tenant, longest due first, and nothing of the subscriptions with the keys
    /// `except`. What nobody wants any more is dropped.
    pub async fn due_deliveries(&self, except: &[String], limit: u32) -> Result<Vec<Due>, Error> {
        let (now, of) = (self.clock.now(), Delivery::COLLECTION);
        let found = self.store.due_records(of, now, except, limit).await?;
        let mut due = Vec::with_capacity(found.len());
        for record in found {
            let delivery: Kept<Delivery> = read(record)?;
            let (subscriber, key) = (delivery.body.subscriber, &delivery.body.subscription);
            match self.kept::<Subscription>(subscriber, key).await? {
                Some(Kept { body, .. }) if body.active => due.push(Due {
                    url: body.url,
                    door: body.door,
                    secret: body.secret,
                    labels: body.labels,
                    delivery,
                }),
                _ => self.delivered(&delivery).await?,
            }
        }
        Ok(due)
    }

    /// A delivery arrived, or is not wanted any more: it is forgotten.
    pub async fn delivered(&self, delivery: &Kept<Delivery>) -> Result<(), Error> {
        let event = self.document_event::<Delivery>(&Caller::controller(), "done", &delivery.key);
        let (precondition, write) = dropping(delivery);
        // Somebody else told of it first: then there is nothing left to tell.
        self.try_commit(commit(event, delivery.organization, precondition, write))
            .await
            .map(drop)
    }

    /// An attempt failed, for `why` in a few words of our own. How it goes on is in the delivery that comes back.
    pub async fn delivery_failed(&self, delivery: &Kept<Delivery>, why: &str) -> Result<Delivery, Error> {
        let after = delivery.body.clone().failed(self.clock.now(), why);
        let verb = if after.next_at.is_some() {
            "retry"
        } else {
            "give-up"
        };
        let event = self.document_event::<Delivery>(&Caller::controller(), verb, &delivery.key);
        let present = Some((delivery.revision, delivery.created_at));
        let (organization, key) = (delivery.organization, &delivery.key);
        let draft = self.draft(organization, key, present, after.clone(), None)?;
        self.try_commit(commit(event, organization, draft.precondition, draft.write))
            .await?;
        Ok(after)
    }

    /// Adds to a commit what subscribers are to be told of it.
    pub(super) async fn tell_subscribers(&self, commit: &mut Commit) -> Result<(), Error> {
        let known = self.subscribers_of(commit.organization).await?;
        if known.is_empty() {
            return Ok(());
        }
        let tags = tags(commit);
        for event in events(commit) {
            for subscription in known.iter().filter(|known| known.body.wants(&event.name)) {
                let about = json!({ "actor": commit.audit.principal, "tags": tags });
                let write = self.delivery(commit.organization, subscription, &event, about)?;
                commit.writes.push(write);
            }
        }
        Ok(())
    }

    /// Records that a value was read, and tells those who want to hear of it. Costs a commit if there are any.
    pub(super) async fn record_access(
        &self,
        organization: OrgId,
        secret: &Secret,
        event: AuditEvent,
    ) -> Result<(), Error> {
        let known = self.subscribers_of(organization).await?;
        let wants = |known: &&Kept<Subscription>| known.body.wants(ACCESSED);
        let wanting: Vec<&Kept<Subscription>> = known.iter().filter(wants).collect();
        let actor = wanting.first().map(|_| event.principal.clone());
        self.store.record(organization, event).await?;
        for subscription in wanting {
            let tags = secret
                .metadata
                .as_ref()
                .map(|said| said.tags.clone())
                .unwrap_or_default();
            let about = json!({ "actor": actor, "tags": tags });
            let write = self.delivery(organization, subscription, &accessed(secret), about)?;
            let told = self.document_event::<Delivery>(&Caller::controller(), "queue", &subscription.key);
            let commit = Commit {
                organization,
                preconditions: Vec::new(),
                writes: vec![write],
                audit: told,
                changes: Vec::new(),
            };
            match self.store.commit(commit).await {
                Ok(()) | Err(CommitError::Precondition) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn delivery(
        &self,
        organization: OrgId,
        subscription: &Kept<Subscription>,
        event: &Event,
        about: serde_json::Value,
    ) -> Result<Write, Error> {
        let key = self.fresh_key("evt_");
        let now = self.clock.now();
        let body = json!({
            "id": key,
            "event": event.name,
            "created_at": now.to_string(),
            "data": event.data,
        });
        let delivery = Delivery {
            subscriber: subscription.organization,
            subscription: subscription.key.clone(),
            event: event.name.clone(),
            body: body.to_string(),
            attempts: 0,
            next_at: Some(now),
            forget_at: None,
            failure: None,
            about,
        };
        // The key is fresh: nothing can stand in the way.
        let draft = self.draft(organization, &key, None, delivery, None)?;
        Ok(draft.write)
    }

    /// Those of an organization and of its account.
    async fn subscribers_of(&self, organization: OrgId) -> Result<Known, Error> {
        // Read before the look-up: a change in between makes the entry stale at once, never fresh.
        let epoch = self.store.rights_epoch();
        if let Some(known) = self.subscribers.get(epoch, organization) {
            return Ok(known);
        }
        let mut known = self.all_kept::<Subscription>(organization, None).await?;
        let found = self.store.organization_by_id(organization).await?;
        if let Some(account) = found.and_then(|found| found.account) {
            known.extend(self.all_kept::<Subscription>(account, None).await?);
        }
        let known: Known = known.into();
        self.subscribers.put(epoch, organization, &known);
        Ok(known)
    }
}

/// The tags of the secret that a commit writes, if it writes one.
fn tags(commit: &Commit) -> Vec<String> {
    let secret = commit.writes.iter().find_map(|write| match write {
        Write::Secret(secret) => secret.metadata.as_ref(),
        _ => None,
    });
    secret.map(|said| said.tags.clone()).unwrap_or_default()
}
