//! The writer: what it makes of a batch, and of a disk that fails.

use std::sync::Arc;

use coffer_domain::{
    entity::Organization,
    id::OrgId,
    name::OrgName,
    store::{CommitError, StoreError},
};
use jiff::Timestamp;
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::super::{
    Shared,
    copier::Copier,
    job::{Job, Task},
    journal::Journal,
    open,
    writer::Writer,
};
use crate::engine::{SealedCommit, SealedWrite};

/// A writer without its thread.
struct Bench {
    writer: Writer,
    shared: Arc<Shared>,
    reader: Connection,
    directory: TempDir,
}

impl Bench {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let database = open::open(directory.path()).unwrap();
        let (journal, left) = Journal::open(directory.path(), 0).unwrap();
        let shared = Arc::new(Shared::new(0, journal));
        let copier = Copier::start(&database.file).unwrap();
        let writer = Writer::new(database.writer, copier, Arc::clone(&shared), left);
        let reader = Connection::open(&database.file).unwrap();
        open::keep_log(&reader).unwrap();
        Self {
            writer,
            shared,
            reader,
            directory,
        }
    }

    fn serve(&mut self, tasks: Vec<Task>) -> Vec<Result<(), CommitError>> {
        let (jobs, answers): (Vec<Job>, Vec<oneshot::Receiver<_>>) = tasks.into_iter().map(Job::new).unzip();
        self.writer.serve(jobs.into());
        answers
            .into_iter()
            .map(|mut answer| answer.try_recv().unwrap())
            .collect()
    }

    /// Has the journal keep a record.
    fn jot(&self, n: u8) {
        let organization = OrgId::from_bytes([n; 16]);
        self.shared.journal.append(organization, b"{}".to_vec()).unwrap();
    }

    fn count(&self, table: &str) -> i64 {
        self.reader
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
            .unwrap()
    }
}

fn organization(n: u8) -> Task {
    let id = OrgId::from_bytes([n; 16]);
    let name = OrgName::new(format!("org{n}")).unwrap();
    let new = Organization {
        id,
        name,
        label: None,
        account: None,
        created_at: Timestamp::UNIX_EPOCH,
    };
    let writes = vec![SealedWrite::Organization(new)];
    Task::Commit(SealedCommit {
        organization: id,
        preconditions: vec![],
        writes,
        audit: b"{}".to_vec(),
        changes: vec![],
    })
}

fn record(n: u8) -> Task {
    Task::Record {
        organization: OrgId::from_bytes([n; 16]),
        event: b"{}".to_vec(),
    }
}

#[test]
fn a_batch_is_one_transaction_and_one_flush() {
    let mut bench = Bench::new();
    let answers = bench.serve((1..=64).map(organization).collect());
    assert!(answers.iter().all(Result::is_ok));
    let stats = bench.shared.counters.read();
    assert_eq!((stats.commits, stats.transactions, stats.flushes), (64, 1, 1));
}

#[test]
fn what_the_journal_holds_is_linked_first_and_flushes_nothing_by_itself() {
    let mut bench = Bench::new();
    bench.serve(vec![organization(1)]);
    for (jotted, tasks, flushes, records) in [
        (2, vec![], 1, 3),
        (0, vec![record(1)], 2, 4),
        (1, vec![Task::Settle], 2, 5),
        (1, vec![organization(2)], 3, 7),
    ] {
        (0..jotted).for_each(|_| bench.jot(1));
        bench.serve(tasks);
        assert_eq!(bench.shared.counters.read().flushes, flushes);
        assert_eq!(
            (bench.count("audit"), bench.shared.journal.waiting()),
            (records, 0)
        );
    }
}

#[test]
fn what_the_journal_holds_outlasts_a_transaction_that_fails() {
    let mut bench = Bench::new();
    bench.serve(vec![organization(1)]);
    bench.jot(1);
    bench.writer.limit_pages(bench.writer.pages());
    let big = || Task::Record {
        organization: OrgId::from_bytes([1; 16]),
        event: vec![b'x'; 100_000],
    };
    assert!(bench.serve(vec![big()])[0].is_err());
    bench.jot(1);
    assert_eq!(bench.count("audit"), 1);
    bench.writer.limit_pages(i64::from(u32::MAX - 1));
    assert!(bench.serve(vec![Task::Settle])[0].is_ok());
    assert_eq!(bench.count("audit"), 3);
}

#[test]
fn one_task_that_fails_leaves_the_others_in_peace() {
    let mut bench = Bench::new();
    bench.serve(vec![organization(7)]);
    bench.jot(7);
    let answers = bench.serve(vec![organization(1), organization(1), record(9), organization(2)]);
    assert!(answers[0].is_ok() && answers[3].is_ok());
    assert!(matches!(answers[1], Err(CommitError::Precondition)));
    assert!(matches!(
        answers[2],
        Err(CommitError::Store(StoreError::Broken(_)))
    ));
    assert_eq!((bench.count("organizations"), bench.count("audit")), (3, 4));
}

#[test]
fn a_full_database_fails_the_batch_and_is_forgotten_once_there_is_room() {
    let mut bench = Bench::new();
    bench.serve(vec![organization(1)]);
    let big = || Task::Record {
        organization: OrgId::from_bytes([1; 16]),
        event: vec![b'x'; 100_000],
    };
    bench.writer.limit_pages(bench.writer.pages());
    let answers = bench.serve(vec![organization(2), big()]);
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer, Err(CommitError::Store(StoreError::Unavailable(_)))))
    );
    assert_eq!((bench.count("organizations"), bench.count("audit")), (1, 1));
    bench.writer.limit_pages(i64::from(u32::MAX - 1));
    assert!(
        bench
            .serve(vec![organization(2), big()])
            .iter()
            .all(Result::is_ok)
    );
    assert_eq!((bench.count("organizations"), bench.count("audit")), (2, 3));
}

#[test]
fn after_a_failed_flush_nothing_is_taken_before_the_log_is_copied() {
    let mut bench = Bench::new();
    bench.serve(vec![organization(1)]);
    bench.writer.distrust();
    // A reader that needs the log as it is keeps it from being copied whole and cut.
    bench
        .reader
        .execute_batch("BEGIN; SELECT count(*) FROM organizations")
        .unwrap();
    bench.writer.impatient();
    let refused = bench.serve(vec![organization(2)]);
    assert!(matches!(
        refused[0],
        Err(CommitError::Store(StoreError::Unavailable(_)))
    ));
    bench.reader.execute_batch("COMMIT").unwrap();
    assert_eq!(bench.count("organizations"), 1);
    assert!(bench.serve(vec![organization(2)])[0].is_ok());
    assert_eq!(bench.count("organizations"), 2);
}

#[test]
fn a_long_log_is_copied_into_the_database() {
    let mut bench = Bench::new();
    bench.serve(vec![organization(1)]);
    let size = |bench: &Bench| {
        std::fs::metadata(bench.directory.path().join("coffer.db"))
            .unwrap()
            .len()
    };
    let big = || Task::Record {
        organization: OrgId::from_bytes([1; 16]),
        event: vec![b'x'; 1 << 20],
    };
    let before = (size(&bench), bench.shared.counters.read().checkpoints);
    for _ in 0..40 {
        bench.serve(vec![big()]);
    }
    assert_eq!((size(&bench), bench.shared.counters.read().checkpoints), before);
    let copies = |bench: &Bench| bench.shared.counters.read().checkpoints - before.1;
    let mut batches = 0;
    while copies(&bench) == 0 {
        bench.serve(vec![big()]);
        batches += 1;
        assert!(batches <= 10, "the log is long, and not copied");
    }
    assert_eq!(copies(&bench), 1);
    // Copied beside the writer, which copies what little it has added since, and begins the log anew.
    bench.writer.await_copier();
    bench.serve(vec![record(1)]);
    assert_eq!(copies(&bench), 2);
    bench.serve(vec![record(1)]);
    assert_eq!(copies(&bench), 2);
    assert!(size(&bench) > 46 << 20);
    // What may have been added after that.
    assert!(bench.writer.log_frames() < 1000);
}

#[test]
fn after_a_failed_flush_of_the_database_nothing_is_taken_until_the_store_is_opened_anew() {
    let mut bench = Bench::new();
    bench.serve(vec![organization(1)]);
    let file = bench.directory.path().join("coffer.db");
    let on_disk = std::fs::read(&file).unwrap();
    let copied: (i64, i64) = bench
        .reader
        .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
            Ok((row.get(1)?, row.get(2)?))
        })
        .unwrap();
    assert!(copied.0 > 0 && copied.0 == copied.1);
    bench.writer.lose();
    for _ in 0..2 {
        let refused = bench.serve(vec![organization(2)]);
        let Err(CommitError::Store(StoreError::Unavailable(why))) = &refused[0] else {
            panic!("{refused:?}");
        };
        assert!(why.contains("restart the server"), "{why}");
    }
    // Closed in good order, it leaves the log, which has what the disk never got.
    let Bench {
        writer,
        reader,
        directory,
        ..
    } = bench;
    drop((writer, reader));
    std::fs::write(&file, on_disk).unwrap();
    let database = open::open(directory.path()).unwrap();
    let count = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
    let count = database
        .writer
        .query_row("SELECT count(*) FROM organizations", [], count);
    assert_eq!(count.unwrap(), 1);
}

#[test]
fn what_a_reader_kept_from_being_erased_is_erased_later() {
    let mut bench = Bench::new();
    bench.serve(vec![organization(1)]);
    bench
        .reader
        .execute_batch("BEGIN; SELECT count(*) FROM organizations")
        .unwrap();
    bench.serve(vec![record(1), Task::Keys(vec![])]);
    let log = bench.directory.path().join("coffer.db-wal");
    assert!(std::fs::metadata(&log).unwrap().len() > 0);
    bench.reader.execute_batch("COMMIT").unwrap();
    for _ in 0..100 {
        bench.serve(vec![record(1)]);
    }
    // Cut to nothing in between: what is there is not a hundred records long.
    assert!(bench.shared.counters.read().checkpoints >= 2);
    assert!(std::fs::metadata(&log).unwrap().len() < 100 * 4096);
}
