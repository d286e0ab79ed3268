use coffer_domain::{record::Record, secret_value::SecretValue};
use jiff::SignedDuration;

use super::*;
use crate::engine::SealedRecord;

const NOTES: Collection = Collection::new("notes");
const OTHERS: Collection = Collection::new("others");

fn tenant() -> OrgId {
    OrgId::from_bytes([1; 16])
}

fn digest(byte: u8) -> TokenDigest {
    TokenDigest([byte; 32])
}

fn head(key: &str, revision: u64) -> RecordHead {
    RecordHead {
        organization: tenant(),
        collection: NOTES,
        key: key.to_owned(),
        group: String::new(),
        digest: Some(digest(7)),
        revision,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        expires_at: None,
        due_at: None,
    }
}

fn of(head: RecordHead, body: usize) -> Arc<FoundRecord> {
    let body = SecretValue::new(vec![b'b'; body]);
    Arc::new(Record { head, body }.into())
}

fn by_key(hot: &HotRecords, key: &str, read: impl FnOnce() -> Found) -> Option<u64> {
    let found = hot.by_key((tenant(), NOTES), key, || Ok(read())).unwrap();
    found.map(|found| found.head().revision)
}

fn by_digest(hot: &HotRecords, digest: TokenDigest, read: impl FnOnce() -> Found) -> Option<u64> {
    let found = hot.by_digest((NOTES, digest), || Ok(read())).unwrap();
    found.map(|found| found.head().revision)
}

fn write(head: RecordHead) -> SealedWrite {
    let sealed = Vec::new();
    SealedWrite::Record(SealedRecord { head, sealed })
}

#[test]
fn a_record_is_read_once_by_whatever_finds_it() {
    let hot = HotRecords::default();
    assert_eq!(by_key(&hot, "a", || Some(of(head("a", 1), 9))), Some(1));
    assert_eq!(by_key(&hot, "a", || None), Some(1));
    assert_eq!(by_digest(&hot, digest(7), || None), Some(1));
    assert_eq!(by_digest(&hot, digest(8), || None), None);
    assert_eq!(by_key(&hot, "b", || None), None);
    let elsewhere = |of| hot.by_key(of, "a", || Ok(None)).unwrap();
    assert!(elsewhere((OrgId::from_bytes([2; 16]), NOTES)).is_none());
    assert!(elsewhere((tenant(), OTHERS)).is_none());
    let other = hot.by_digest((OTHERS, digest(7)), || Ok(None));
    assert!(other.unwrap().is_none());
}

#[test]
fn a_write_ends_it_under_all_that_finds_it() {
    for written in [write(head("a", 2)), SealedWrite::DropRecord(NOTES, "a".into())] {
        let hot = HotRecords::default();
        by_digest(&hot, digest(7), || Some(of(head("a", 1), 9)));
        hot.forget(tenant(), &[written]);
        assert_eq!(by_digest(&hot, digest(7), || None), None);
        assert_eq!(by_key(&hot, "a", || None), None);
        assert_eq!(hot.shelf.read().bytes, 0);
    }
}

#[test]
fn a_vault_that_is_dropped_ends_those_under_its_id() {
    let vault = VaultId::from_bytes([9; 16]);
    let under = |key: &str, group: &str| RecordHead {
        group: group.to_owned(),
        digest: None,
        ..head(key, 1)
    };
    let (id, hot) = (vault.to_string(), HotRecords::default());
    for head in [under("a", &id), under(&id, ""), under("b", "c")] {
        let key = head.key.clone();
        by_key(&hot, &key, || Some(of(head, 9)));
    }
    hot.forget(OrgId::from_bytes([2; 16]), &[SealedWrite::DropVault(vault)]);
    assert_eq!(by_key(&hot, "a", || None), Some(1));
    hot.forget(tenant(), &[SealedWrite::DropVault(vault)]);
    let left = ["a", &id, "b"].map(|key| by_key(&hot, key, || None).is_some());
    assert_eq!(left, [false, false, true]);
}

#[test]
fn a_write_of_another_record_does_not() {
    let hot = HotRecords::default();
    by_key(&hot, "a", || Some(of(head("a", 1), 9)));
    hot.forget(
        tenant(),
        &[write(head("b", 2)), SealedWrite::DropRecord(OTHERS, "a".into())],
    );
    hot.forget(
        OrgId::from_bytes([2; 16]),
        &[SealedWrite::DropRecord(NOTES, "a".into())],
    );
    assert_eq!(by_key(&hot, "a", || None), Some(1));
}

#[test]
fn a_record_with_another_digest_is_not_found_by_the_one_it_had() {
    let hot = HotRecords::default();
    by_key(&hot, "a", || Some(of(head("a", 1), 9)));
    let mut changed = head("a", 2);
    changed.digest = Some(digest(8));
    hot.forget(tenant(), &[write(changed.clone())]);
    assert_eq!(by_key(&hot, "a", || Some(of(changed, 9))), Some(2));
    assert_eq!(by_digest(&hot, digest(7), || None), None);
    assert_eq!(by_digest(&hot, digest(8), || None), Some(2));
}

#[test]
fn what_was_read_before_a_write_is_not_kept_after_it() {
    let hot = HotRecords::default();
    let old = || {
        hot.forget(tenant(), &[write(head("a", 2))]);
        Some(of(head("a", 1), 9))
    };
    assert_eq!(by_key(&hot, "a", old), Some(1));
    assert_eq!(by_key(&hot, "a", || Some(of(head("a", 2), 9))), Some(2));
    let swept = || {
        hot.forget_expired(Timestamp::UNIX_EPOCH);
        Some(of(head("b", 1), 9))
    };
    assert_eq!(by_key(&hot, "b", swept), Some(1));
    assert_eq!(by_key(&hot, "b", || None), None);
}

#[test]
fn what_expired_goes_when_it_is_swept() {
    let hot = HotRecords::default();
    let second = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
    for (key, end) in [("a", Some(second(1))), ("b", Some(second(3))), ("c", None)] {
        let (expires_at, digest) = (end, None);
        let head = head(key, 1);
        let head = RecordHead {
            expires_at,
            digest,
            ..head
        };
        by_key(&hot, key, || Some(of(head, 9)));
    }
    hot.forget_expired(second(1));
    let left = ["a", "b", "c"].map(|key| by_key(&hot, key, || None));
    assert_eq!(left, [None, Some(1), Some(1)]);
}

#[test]
fn it_stays_small() {
    let hot = HotRecords::default();
    for n in 0..40_000 {
        let key = format!("K{n}");
        let mut it = head(&key, 1);
        it.digest.as_mut().unwrap().0[..4].copy_from_slice(&u32::to_be_bytes(n));
        by_key(&hot, &key, || Some(of(it, 100)));
    }
    let shelf = hot.shelf.read();
    let held: Vec<_> = shelf.by_key.values().flat_map(HashMap::values).collect();
    let bytes: usize = held.iter().map(|found| weight(found)).sum();
    assert_eq!((bytes, held.len()), (shelf.bytes, shelf.by_digest.len()));
    assert!(bytes > 0 && bytes <= MOST_BYTES + LARGEST_BODY, "{bytes}");
    drop(shelf);
    by_key(&hot, "large", || Some(of(head("large", 1), LARGEST_BODY + 1)));
    assert_eq!(by_key(&hot, "large", || None), None);
}
