//! Records: found by key, group, digest and time.

use coffer_domain::{
    api_key::ApiToken,
    id::OrgId,
    record::{Collection, Record, RecordHead, RecordQuery},
    secret_value::SecretValue,
    store::{CommitError, Precondition, Write},
    testkit::SeededEntropy,
};
use jiff::{SignedDuration, Timestamp};

use super::world::{AnyStore, World, now};

const NOTES: Collection = Collection::new("notes");
const HELD: Collection = Collection::held_in_memory("held");

pub(crate) fn record(organization: OrgId, key: &str, body: &str) -> Record {
    Record {
        head: RecordHead {
            organization,
            collection: NOTES,
            key: key.to_owned(),
            group: String::new(),
            digest: None,
            revision: 1,
            created_at: now(),
            updated_at: now(),
            expires_at: None,
            due_at: None,
        },
        body: SecretValue::from(body),
    }
}

fn with(mut record: Record, change: impl FnOnce(&mut RecordHead)) -> Record {
    change(&mut record.head);
    record
}

fn later(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn all(organization: OrgId) -> RecordQuery<'static> {
    RecordQuery {
        organization,
        collection: NOTES,
        group: None,
        after: None,
        descending: false,
        skip: 0,
        limit: 100,
        now: now(),
    }
}

async fn put(world: &World, record: Record) {
    world.commit(vec![], vec![Write::Record(record)]).await.unwrap();
}

async fn get(world: &World, key: &str) -> Option<Record> {
    let id = world.organization.id;
    let found = world.store.record_by_key(id, NOTES, key).await.unwrap();
    found.map(|found| found.record().clone())
}

async fn keys(world: &World, query: RecordQuery<'_>) -> String {
    let found = world.store.records(&query).await.unwrap();
    let keys: Vec<String> = found.into_iter().map(|record| record.head.key).collect();
    keys.join(" ")
}

pub(crate) async fn a_record_reads_back_as_written(store: AnyStore) {
    let world = World::new(store).await;
    let token = ApiToken::fresh(&SeededEntropy::new(3));
    let full = with(
        record(world.organization.id, "a/b c\u{e9}", "{\"x\":1}"),
        |head| {
            head.group = "g".into();
            head.digest = Some(world.store.digest(&token));
            head.revision = 7;
            head.updated_at = later(1);
            head.expires_at = Some(later(2));
            head.due_at = Some(later(3));
        },
    );
    put(&world, full.clone()).await;
    assert_eq!(get(&world, "a/b c\u{e9}").await, Some(full.clone()));
    assert_eq!(get(&world, "a").await, None);
    let plain = record(world.organization.id, "a/b c\u{e9}", "");
    put(&world, plain.clone()).await;
    assert_eq!(get(&world, "a/b c\u{e9}").await, Some(plain));
}

pub(crate) async fn a_record_changes_only_from_the_revision_named(store: AnyStore) {
    let world = World::new(store).await;
    let id = world.organization.id;
    let at = |revision| vec![Precondition::Record(id, NOTES, "a".into(), revision)];
    let write = |body: &str| vec![Write::Record(record(id, "a", body))];
    world.commit(at(None), write("first")).await.unwrap();
    for wrong in [None, Some(0), Some(2)] {
        let refused = world.commit(at(wrong), write("wrong")).await;
        assert!(matches!(refused, Err(CommitError::Precondition)), "{wrong:?}");
    }
    assert_eq!(get(&world, "a").await.unwrap().body, SecretValue::from("first"));
    world.commit(at(Some(1)), write("second")).await.unwrap();
    assert_eq!(get(&world, "a").await.unwrap().body, SecretValue::from("second"));
}

pub(crate) async fn records_come_by_key_in_pages(store: AnyStore) {
    let world = World::new(store).await;
    let id = world.organization.id;
    for key in ["c", "a", "e", "b", "d"] {
        put(&world, record(id, key, key)).await;
    }
    assert_eq!(keys(&world, all(id)).await, "a b c d e");
    let page = |after, descending, skip, limit| RecordQuery {
        after,
        descending,
        skip,
        limit,
        ..all(id)
    };
    assert_eq!(keys(&world, page(Some("b"), false, 0, 2)).await, "c d");
    assert_eq!(keys(&world, page(Some("b"), true, 0, 9)).await, "a");
    assert_eq!(keys(&world, page(None, true, 1, 2)).await, "d c");
    assert_eq!(keys(&world, page(None, false, 5, 2)).await, "");
    let counted = world.store.count_records(&page(Some("b"), false, 1, 1)).await;
    assert_eq!(counted.unwrap(), 3);
}

pub(crate) async fn records_of_one_group_come_alone(store: AnyStore) {
    let world = World::new(store).await;
    let id = world.organization.id;
    for (key, group) in [("a", "x"), ("b", "y"), ("c", "x"), ("d", "")] {
        let grouped = with(record(id, key, key), |head| head.group = group.into());
        put(&world, grouped).await;
    }
    let group = |group| RecordQuery {
        group: Some(group),
        ..all(id)
    };
    assert_eq!(keys(&world, group("x")).await, "a c");
    assert_eq!(keys(&world, group("")).await, "d");
    assert_eq!(keys(&world, group("z")).await, "");
    assert_eq!(world.store.count_records(&group("x")).await.unwrap(), 2);
}

pub(crate) async fn a_dropped_record_is_gone(store: AnyStore) {
    let world = World::new(store).await;
    let id = world.organization.id;
    put(&world, record(id, "a", "x")).await;
    put(&world, record(id, "b", "x")).await;
    let drop = Write::DropRecord(id, NOTES, "a".into());
    world.commit(vec![], vec![drop]).await.unwrap();
    assert_eq!(keys(&world, all(id)).await, "b");
    let absent = Precondition::Record(id, NOTES, "a".into(), None);
    world.commit(vec![absent], vec![]).await.unwrap();
}

pub(crate) async fn a_dropped_vault_takes_its_records_along(store: AnyStore) {
    let world = World::new(store.clone()).await;
    let other = World::of_tenant(store, "other").await;
    let (id, vault) = (world.organization.id, world.vault.vault.id.to_string());
    let under = |key: &str, group: &str, collection| {
        with(record(id, key, "x"), |head| {
            head.group = group.to_owned();
            head.collection = collection;
        })
    };
    put(&world, under("a", &vault, NOTES)).await;
    put(&world, under("b", "elsewhere", NOTES)).await;
    put(&world, under(&vault, "", NOTES)).await;
    put(&world, under("c", &vault, HELD)).await;
    put(
        &other,
        with(record(other.organization.id, "a", "x"), |head| {
            head.group.clone_from(&vault);
        }),
    )
    .await;
    // Those that are found in memory go as well.
    for key in ["a", "b", &vault] {
        assert!(get(&world, key).await.is_some());
    }
    let drop = Write::DropVault(world.vault.vault.id);
    world.commit(vec![], vec![drop]).await.unwrap();
    assert_eq!(keys(&world, all(id)).await, "b");
    for (key, there) in [("a", false), ("b", true), (&vault, false)] {
        assert_eq!(get(&world, key).await.is_some(), there, "{key}");
    }
    let held = RecordQuery {
        collection: HELD,
        ..all(id)
    };
    assert_eq!(keys(&world, held).await, "");
    assert_eq!(keys(&other, all(other.organization.id)).await, "a");
}

pub(crate) async fn a_record_that_is_not_there_cannot_be_dropped(store: AnyStore) {
    let world = World::new(store).await;
    let id = world.organization.id;
    let writes = vec![
        Write::Record(record(id, "a", "x")),
        Write::DropRecord(id, NOTES, "b".into()),
    ];
    let refused = world.commit(vec![], writes).await;
    assert!(matches!(refused, Err(CommitError::Precondition)));
    assert_eq!(keys(&world, all(id)).await, "");
}

pub(crate) async fn a_digest_finds_one_record_of_one_collection(store: AnyStore) {
    let world = World::new(store).await;
    let token = ApiToken::fresh(&SeededEntropy::new(3));
    let digest = world.store.digest(&token);
    let of = |key: &str, collection| {
        with(record(world.organization.id, key, key), |head| {
            head.digest = Some(digest);
            head.collection = collection;
        })
    };
    put(&world, of("a", NOTES)).await;
    put(&world, of("b", HELD)).await;
    let find = async |collection| {
        let found = world.store.record_by_digest(collection, &digest).await.unwrap();
        found.map(|found| found.head().key.clone())
    };
    assert_eq!(find(NOTES).await.as_deref(), Some("a"));
    assert_eq!(find(HELD).await.as_deref(), Some("b"));
    assert_eq!(find(Collection::new("none")).await, None);
}

pub(crate) async fn expired_records_are_left_out_and_swept(store: AnyStore) {
    let world = World::new(store).await;
    let id = world.organization.id;
    for (key, end) in [("a", None), ("b", Some(later(10))), ("c", Some(later(20)))] {
        put(&world, with(record(id, key, key), |head| head.expires_at = end)).await;
    }
    let at = |now| RecordQuery { now, ..all(id) };
    for (seconds, living) in [(9, "a b c"), (10, "a c"), (20, "a")] {
        assert_eq!(keys(&world, at(later(seconds))).await, living);
        let count = world.store.count_records(&at(later(seconds))).await.unwrap();
        assert_eq!(count, living.split(' ').count() as u64);
    }
    world.store.sweep_records(later(10), 100).await.unwrap();
    assert_eq!(keys(&world, all(id)).await, "a c");
}

pub(crate) async fn due_records_come_by_their_time(store: AnyStore) {
    let world = World::new(store.clone()).await;
    let other = World::of_tenant(store, "other").await;
    for (world, key, due) in [
        (&world, "a", Some(30)),
        (&other, "b", Some(10)),
        (&world, "c", None),
        (&world, "d", Some(20)),
    ] {
        let due = with(record(world.organization.id, key, key), |head| {
            head.due_at = due.map(later);
        });
        put(world, due).await;
    }
    let due = async |at, limit| due_except(&world, &[], at, limit).await;
    assert_eq!(due(9, 10).await, "");
    assert_eq!(due(20, 10).await, "b d");
    assert_eq!(due(99, 2).await, "b d");
    assert_eq!(due(99, 10).await, "b d a");
}

async fn due_except(world: &World, except: &[&str], at: i64, limit: u32) -> String {
    let except: Vec<String> = except.iter().map(|&group| group.to_owned()).collect();
    let found = world.store.due_records(NOTES, later(at), &except, limit);
    let keys: Vec<String> = found
        .await
        .unwrap()
        .into_iter()
        .map(|record| record.head.key)
        .collect();
    keys.join(" ")
}

pub(crate) async fn due_records_of_other_groups_come_past_any_number_of_one(store: AnyStore) {
    let world = World::new(store.clone()).await;
    let other = World::of_tenant(store, "other").await;
    for (world, key, group, due) in [
        (&world, "a", "first", 10),
        (&other, "b", "first", 11),
        (&world, "c", "first", 12),
        (&world, "d", "it's \"another\"", 20),
        (&other, "e", "third", 30),
    ] {
        let due = with(record(world.organization.id, key, key), |head| {
            head.group = group.to_owned();
            head.due_at = Some(later(due));
        });
        put(world, due).await;
    }
    assert_eq!(due_except(&world, &["nobody"], 99, 3).await, "a b c");
    assert_eq!(due_except(&world, &["first"], 99, 1).await, "d");
    assert_eq!(due_except(&world, &["first"], 25, 10).await, "d");
    assert_eq!(
        due_except(&world, &["it's \"another\"", "first"], 99, 10).await,
        "e"
    );
}

pub(crate) async fn records_of_another_tenant_are_out_of_reach(store: AnyStore) {
    let world = World::new(store.clone()).await;
    let other = World::of_tenant(store, "other").await;
    put(&world, record(world.organization.id, "a", "mine")).await;
    assert_eq!(keys(&other, all(other.organization.id)).await, "");
    assert_eq!(get(&other, "a").await, None);
    let foreign = record(world.organization.id, "a", "theirs");
    let drop = Write::DropRecord(world.organization.id, NOTES, "a".into());
    for write in [Write::Record(foreign), drop] {
        assert!(other.commit(vec![], vec![write]).await.is_err());
    }
    assert_eq!(get(&world, "a").await.unwrap().body, SecretValue::from("mine"));
}

pub(crate) async fn the_rights_epoch_rises_with_records_held_in_memory(store: AnyStore) {
    let world = World::new(store).await;
    let id = world.organization.id;
    let before = world.store.rights_epoch();
    let held = with(record(id, "a", "x"), |head| head.collection = HELD);
    put(&world, held).await;
    let after = world.store.rights_epoch();
    assert!(after > before);
    let drop = Write::DropRecord(id, HELD, "a".into());
    world.commit(vec![], vec![drop]).await.unwrap();
    assert!(world.store.rights_epoch() > after);
}
