use tempfile::TempDir;

use super::*;

fn organization() -> OrgId {
    OrgId::from_bytes([7; 16])
}

fn open(directory: &TempDir, applied: u64) -> (Journal, Vec<Vec<Vec<u8>>>) {
    let (journal, left) = Journal::open(directory.path(), applied).unwrap();
    let bytes = |sealed: Sealed| sealed.events.into_iter().map(|(_, event)| event).collect();
    (journal, left.into_iter().map(bytes).collect())
}

fn append(journal: &Journal, event: &str) -> usize {
    journal.append(organization(), event.as_bytes().to_vec()).unwrap()
}

#[test]
fn what_was_appended_is_there_after_a_crash_in_order() {
    let directory = TempDir::new().unwrap();
    let (journal, left) = open(&directory, 0);
    assert!(left.is_empty());
    assert_eq!((append(&journal, "one"), append(&journal, "two")), (1, 2));
    let sealed = journal.seal().unwrap().unwrap();
    assert_eq!((sealed.generation, sealed.events.len()), (1, 2));
    append(&journal, "three");
    drop(journal);
    let (_, left) = open(&directory, 0);
    assert_eq!(
        left,
        [vec![b"one".to_vec(), b"two".to_vec()], vec![b"three".to_vec()]]
    );
}

#[test]
fn what_the_table_has_is_not_applied_again() {
    let directory = TempDir::new().unwrap();
    let (journal, _) = open(&directory, 0);
    append(&journal, "one");
    journal.seal().unwrap().unwrap();
    append(&journal, "two");
    drop(journal);
    assert_eq!(open(&directory, 1).1, [vec![b"two".to_vec()]]);
}

#[test]
fn a_generation_is_never_used_twice() {
    let directory = TempDir::new().unwrap();
    let (journal, _) = open(&directory, 4);
    append(&journal, "one");
    let sealed = journal.seal().unwrap().unwrap();
    assert_eq!((sealed.generation, journal.waiting()), (5, 1));
    journal.settled(&sealed);
    assert_eq!(journal.waiting(), 0);
    journal.end();
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    let (journal, _) = open(&directory, 5);
    append(&journal, "two");
    assert_eq!(journal.seal().unwrap().unwrap().generation, 6);
}

#[test]
fn a_file_cut_anywhere_yields_its_whole_records() {
    let mut bytes = Vec::new();
    for event in ["a", "bb", "ccc"] {
        file::encode(3, organization(), event.as_bytes(), &mut bytes).unwrap();
    }
    let ends = [1, 2, 3].map(|length| (1..=length).map(file::record_length).sum::<usize>());
    for cut in 0..=bytes.len() {
        let whole = ends.iter().filter(|end| **end <= cut).count();
        assert_eq!(file::parse(3, &bytes[..cut]).len(), whole, "cut at {cut}");
    }
    assert!(file::parse(4, &bytes).is_empty());
}

#[test]
fn what_a_flipped_bit_spoils_ends_the_file() {
    let mut bytes = Vec::new();
    file::encode(1, organization(), b"event", &mut bytes).unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut other = bytes.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        assert!(file::parse(1, &other).is_empty(), "bit {bit}");
    }
}
