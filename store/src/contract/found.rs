//! Records that are found again and again, by key and by digest, between writes: always as they are by then.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use coffer_domain::{
    api_key::{ApiToken, TokenDigest},
    id::OrgId,
    port::Entropy,
    record::{Collection, Document, Record},
    secret_value::SecretValue,
    store::{CommitError, Precondition, Write},
    testkit::{MemoryStore, SeededEntropy},
};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    records::record,
    world::{AnyStore, World, now},
};

const WALKS: u64 = 4;
const STEPS: usize = 600;

/// What the records say: the revision they are of.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Note {
    revision: u64,
}

impl Document for Note {
    const COLLECTION: Collection = Collection::new("notes");
    const NOUN: &'static str = "note";
}

fn note(organization: OrgId, key: &str, revision: u64) -> Record {
    let mut note = record(organization, key, "");
    note.body = SecretValue::new(serde_json::to_vec(&Note { revision }).unwrap());
    note.head.revision = revision;
    note
}

/// Both stores, with the same tenants.
struct Both {
    ours: Vec<World>,
    reference: Vec<World>,
    dice: SeededEntropy,
}

impl Both {
    async fn new(store: AnyStore, seed: u64) -> Self {
        let reference: AnyStore = MemoryStore::new();
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for tenant in ["a", "b"] {
            let name = format!("found-{tenant}{seed}");
            ours.push(World::of_tenant(Arc::clone(&store), &name).await);
            theirs.push(World::of_tenant(Arc::clone(&reference), &name).await);
        }
        Self {
            ours,
            reference: theirs,
            dice: SeededEntropy::new(seed),
        }
    }

    /// A number below `below`.
    fn roll(&self, below: u8) -> u8 {
        let mut byte = [0];
        self.dice.fill(&mut byte);
        byte[0] % below
    }

    /// A digest that the reference has, and the store's own for the same token.
    fn digests(&self, seed: u64, token: u8) -> [TokenDigest; 2] {
        let token = ApiToken::fresh(&SeededEntropy::new(seed * 100 + u64::from(token)));
        [&self.ours[0], &self.reference[0]].map(|world| world.store.digest(&token))
    }

    /// The same commit on both; it is taken by both or by none.
    async fn commit(&self, tenant: usize, make: impl Fn(usize) -> (Vec<Precondition>, Vec<Write>)) {
        let mut answers = Vec::new();
        for (side, worlds) in [&self.ours, &self.reference].into_iter().enumerate() {
            let (preconditions, writes) = make(side);
            answers.push(worlds[tenant].commit(preconditions, writes).await);
        }
        let taken = |answer: &Result<(), CommitError>| match answer {
            Ok(()) => true,
            Err(CommitError::Precondition) => false,
            Err(error) => panic!("{error}"),
        };
        assert_eq!(taken(&answers[0]), taken(&answers[1]));
    }

    /// One record by its key, which both have alike.
    async fn by_key(&self, tenant: usize, key: &str) -> Option<Record> {
        let mut found = Vec::new();
        for worlds in [&self.ours, &self.reference] {
            let (id, store) = (worlds[tenant].organization.id, &worlds[tenant].store);
            found.push(store.record_by_key(id, Note::COLLECTION, key).await.unwrap());
        }
        let [ours, theirs] = [&found[0], &found[1]].map(|found| found.as_ref().map(|it| plain(it.record())));
        assert_eq!(ours, theirs, "{key}");
        found[0].as_ref().map(|found| {
            // What was parsed is of the same revision as what is around it.
            let document = found.document::<Note>().unwrap();
            assert_eq!(
                (document.revision, document.body.revision),
                (found.head().revision, document.revision)
            );
            found.record().clone()
        })
    }

    /// The key of the record that a digest finds.
    async fn by_digest(&self, digests: [TokenDigest; 2]) -> Option<(OrgId, String)> {
        let mut found = Vec::new();
        for (worlds, digest) in [&self.ours, &self.reference].into_iter().zip(&digests) {
            let store = &worlds[0].store;
            let record = store.record_by_digest(Note::COLLECTION, digest).await.unwrap();
            found.push(record.map(|it| (it.head().organization, it.head().key.clone(), it.head().revision)));
        }
        assert_eq!(found[0], found[1]);
        found
            .pop()
            .flatten()
            .map(|(organization, key, _)| (organization, key))
    }
}

/// Without the digest, which the two stores make each with a key of its own.
fn plain(record: &Record) -> Record {
    let mut plain = record.clone();
    plain.head.digest = None;
    plain
}

pub(crate) async fn records_are_found_as_in_the_reference(store: AnyStore) {
    for seed in 1..=WALKS {
        let both = Both::new(Arc::clone(&store), seed).await;
        let mut time = now();
        for _ in 0..STEPS {
            time += SignedDuration::from_secs(1);
            step(&both, seed, time).await;
        }
    }
}

async fn step(both: &Both, seed: u64, time: Timestamp) {
    let tenant = usize::from(both.roll(2));
    let id = both.ours[tenant].organization.id;
    let key = format!("key{}", both.roll(3));
    let token = both.roll(4);
    match both.roll(10) {
        0..3 => {
            let _ = both.by_key(tenant, &key).await;
        }
        3..5 => {
            let _ = both.by_digest(both.digests(seed, token)).await;
        }
        5..8 => {
            let found = both.by_key(tenant, &key).await;
            let digests = both.digests(seed, token);
            let holder = both.by_digest(digests).await;
            let free = holder.is_none_or(|holder| holder == (id, key.clone()));
            let ends = (both.roll(3) == 0).then(|| time + SignedDuration::from_secs(5));
            let revision = found.map(|found| found.head.revision);
            // Now and then as by somebody who read it long ago.
            let known = if both.roll(5) == 0 {
                revision.map(|it| it + 1)
            } else {
                revision
            };
            both.commit(tenant, |side| {
                let mut new = note(id, &key, revision.unwrap_or_default() + 1);
                new.head.digest = free.then_some(digests[side]);
                new.head.expires_at = ends;
                let at = Precondition::Record(id, Note::COLLECTION, key.clone(), known);
                (vec![at], vec![Write::Record(new)])
            })
            .await;
        }
        8 => {
            let revision = both.by_key(tenant, &key).await.map(|found| found.head.revision);
            if revision.is_some() {
                both.commit(tenant, |_| {
                    let at = Precondition::Record(id, Note::COLLECTION, key.clone(), revision);
                    (
                        vec![at],
                        vec![Write::DropRecord(id, Note::COLLECTION, key.clone())],
                    )
                })
                .await;
            }
        }
        _ => {
            for worlds in [&both.ours, &both.reference] {
                worlds[0].store.sweep_records(time, u32::MAX).await.unwrap();
            }
        }
    }
}

const WRITERS: usize = 4;

/// The revision of each writer's record whose commit has been answered.
type Heard = Arc<[AtomicU64; WRITERS]>;

pub(crate) async fn who_heard_of_a_write_finds_it(store: AnyStore) {
    const READERS: usize = 4;
    const EACH: u64 = 100;
    let world = World::new(store).await;
    let heard: Heard = Arc::default();
    let over = Arc::new(AtomicBool::new(false));
    let readers = (0..READERS).map(|reader| {
        let (world, heard, over) = (world.clone(), Arc::clone(&heard), Arc::clone(&over));
        tokio::spawn(async move {
            let mut reads = reader;
            while !over.load(Ordering::Acquire) || reads == reader {
                read_on(&world, &heard, reads % 2 == 0).await;
                reads += 1;
                tokio::task::yield_now().await;
            }
        })
    });
    let readers: Vec<_> = readers.collect();
    let writers = (0..WRITERS).map(|n| {
        let (world, heard) = (world.clone(), Arc::clone(&heard));
        tokio::spawn(async move {
            let id = world.organization.id;
            for revision in 1..=EACH {
                let key = format!("key{n}");
                let mut new = note(id, &key, revision);
                new.head.digest = Some(digest(&world, n));
                let known = Some(revision - 1).filter(|known| *known > 0);
                let at = Precondition::Record(id, Note::COLLECTION, key, known);
                world.commit(vec![at], vec![Write::Record(new)]).await.unwrap();
                heard[n].store(revision, Ordering::Release);
            }
        })
    });
    for writer in join_all(writers).await {
        writer.unwrap();
    }
    over.store(true, Ordering::Release);
    for reader in join_all(readers).await {
        reader.unwrap();
    }
}

/// Reads every writer's record once: by its key, or by its digest.
async fn read_on(world: &World, heard: &Heard, by_key: bool) {
    let (store, id) = (&world.store, world.organization.id);
    for (n, heard) in heard.iter().enumerate() {
        let least = heard.load(Ordering::Acquire);
        let found = if by_key {
            store
                .record_by_key(id, Note::COLLECTION, &format!("key{n}"))
                .await
        } else {
            store.record_by_digest(Note::COLLECTION, &digest(world, n)).await
        };
        let found = found.unwrap();
        let revision = found.as_ref().map_or(0, |found| found.head().revision);
        assert!(revision >= least, "key{n}: {revision} found, {least} heard of");
        if let Some(found) = found {
            assert_eq!(found.document::<Note>().unwrap().body.revision, revision);
        }
    }
}

/// What finds the record of a writer.
fn digest(world: &World, writer: usize) -> TokenDigest {
    let token = ApiToken::fresh(&SeededEntropy::new(1000 + writer as u64));
    world.store.digest(&token)
}
