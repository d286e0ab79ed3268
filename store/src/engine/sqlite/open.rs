//! Opening the database: directory, lock, permissions, version, settings.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, config::DbConfig};
use rustix::fs::{FlockOperation, flock};
use thiserror::Error;

use super::migrations::migrate;

/// The first version without the bug by which a write-ahead log, reset at the wrong moment, corrupts the database.
const OLDEST_SQLITE: i32 = 3_051_003;
const DATABASE: &str = "coffer.db";
const LOCK: &str = "lock";
/// To how many bytes the log's file is cut when it starts anew.
const LOG_BYTES: u32 = 64 << 20;
/// Pages that the writer keeps: those through which the way to a row goes, and the ends of the logs. Four times as many
/// saved nothing that could be measured.
const WRITER_CACHE_KIBIBYTES: i32 = 8 * 1024;
/// Pages that a reader keeps. After any commit it has to drop them all, so many are of no use.
const READER_CACHE_KIBIBYTES: i32 = 1024;
/// How long a reader waits while the log is being recovered.
const READER_PATIENCE: Duration = Duration::from_secs(5);
/// How long the writer, and all who wait for it, wait for readers when it empties the log.
const WRITER_PATIENCE: Duration = Duration::from_millis(100);

/// Why the database was not opened.
#[derive(Debug, Error)]
pub enum OpenSqliteError {
    /// The directory or a file in it cannot be used.
    #[error("cannot use {path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What happened.
        source: io::Error,
    },
    /// Another process has it open.
    #[error("the store in {0} is in use by another process")]
    InUse(PathBuf),
    /// The library has a known bug that corrupts databases.
    #[error("SQLite {found} is too old: this program needs 3.51.3 or later")]
    OldLibrary {
        /// Its version.
        found: &'static str,
    },
    /// A later program wrote it.
    #[error(
        "the store has schema {found}, and this program knows schemas up to {known}: use a newer program"
    )]
    NewerSchema {
        /// The file's.
        found: i32,
        /// The newest known.
        known: i32,
    },
    /// The file is something else.
    #[error("the database file is not a store of Coffer's")]
    Foreign,
    /// The file system cannot share memory between connections.
    #[error(
        "the database cannot use a write-ahead log here (journal mode is {0}); is this a network file system?"
    )]
    NoWal(String),
    /// A row refers to one that is not there.
    #[error("the database has rows that refer to missing ones; restore it from a backup")]
    Dangling,
    /// SQLite refused.
    #[error("cannot open the database: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

/// An open database, held by its lock.
pub(super) struct OpenDatabase {
    pub(super) file: PathBuf,
    pub(super) lock: Lock,
    pub(super) writer: Connection,
}

/// Opens the store in `directory`, making it if it is not there.
pub(super) fn open(directory: &Path) -> Result<OpenDatabase, OpenSqliteError> {
    check_library(rusqlite::version_number(), rusqlite::version())?;
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| OpenSqliteError::Io { path, source }
    };
    make_directory(directory).map_err(io(directory))?;
    let lock = lock(directory)?;
    let file = directory.join(DATABASE);
    private_file(&file).map_err(io(&file))?;
    let mut writer = Connection::open(&file)?;
    configure_writer(&writer)?;
    migrate(&mut writer)?;
    // The names of the new files, too, are to survive a power cut.
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(io(directory))?;
    Ok(OpenDatabase { file, lock, writer })
}

fn check_library(number: i32, found: &'static str) -> Result<(), OpenSqliteError> {
    if number < OLDEST_SQLITE {
        Err(OpenSqliteError::OldLibrary { found })
    } else {
        Ok(())
    }
}

/// Ours alone. A directory that belongs to somebody else (the root of a mounted volume) is left as it is.
fn make_directory(directory: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let metadata = fs::metadata(directory)?;
    let exposed = metadata.mode() & 0o077 != 0;
    if exposed && metadata.uid() == rustix::process::geteuid().as_raw() {
        fs::set_permissions(directory, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// The database's log files take their permissions from it.
fn private_file(file: &Path) -> io::Result<()> {
    let options = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .to_owned();
    let opened = options.open(file)?;
    if opened.metadata()?.mode() & 0o777 == 0o600 {
        Ok(())
    } else {
        opened.set_permissions(Permissions::from_mode(0o600))
    }
}

/// The lock of a directory's one store.
pub(super) struct Lock(File);

impl Drop for Lock {
    /// Lets go of it at once. A process that was forked meanwhile has the file open too until it runs another program,
    /// and to close it here alone would let that one hold the lock.
    fn drop(&mut self) {
        if let Err(error) = flock(&self.0, FlockOperation::Unlock) {
            tracing::warn!(%error, "the store's lock ends with the process only");
        }
    }
}

fn lock(directory: &Path) -> Result<Lock, OpenSqliteError> {
    let path = directory.join(LOCK);
    let opened = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path);
    let file = opened.map_err(|source| OpenSqliteError::Io {
        path: path.clone(),
        source,
    })?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Lock(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(OpenSqliteError::InUse(directory.to_owned())),
        Err(error) => Err(OpenSqliteError::Io {
            path,
            source: error.into(),
        }),
    }
}

fn configure_writer(connection: &Connection) -> Result<(), OpenSqliteError> {
    configure(connection, WRITER_CACHE_KIBIBYTES, WRITER_PATIENCE)?;
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        return Err(OpenSqliteError::NoWal(mode));
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is deleted is overwritten, not only forgotten.
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    // The writer copies the log itself: SQLite would not say when that fails.
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    connection.pragma_update_and_check(None, "journal_size_limit", LOG_BYTES, |_| Ok(()))?;
    Ok(())
}

/// Settings of a connection that reads.
pub(super) fn configure_reader(connection: &Connection) -> rusqlite::Result<()> {
    configure(connection, READER_CACHE_KIBIBYTES, READER_PATIENCE)?;
    connection.pragma_update(None, "query_only", true)
}

fn configure(connection: &Connection, cache_kibibytes: i32, patience: Duration) -> rusqlite::Result<()> {
    connection.busy_timeout(patience)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "cache_size", -cache_kibibytes)?;
    // A plan that may depend on the bound values is thrown away when they change: compiled anew for each question,
    // at several times the price of answering it. None of ours gains by that.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    keep_log(connection)?;
    // No file but the database and its log ever holds anything of ours.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "trusted_schema", false)
}

/// Has the last connection leave the log as it is. To copy the rest of it and delete it would lose what a failed flush
/// of the database has lost, and only the log still has.
pub(super) fn keep_log(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_with_the_log_reset_bug_is_refused() {
        assert!(matches!(
            check_library(3_051_002, "3.51.2"),
            Err(OpenSqliteError::OldLibrary { .. })
        ));
        assert!(check_library(3_051_003, "3.51.3").is_ok());
        assert!(check_library(rusqlite::version_number(), rusqlite::version()).is_ok());
    }

    #[test]
    fn a_lock_that_was_let_go_of_is_free_though_a_forked_process_has_its_file_open() {
        let directory = tempfile::tempdir().unwrap();
        let held = lock(directory.path()).unwrap();
        // What a fork has: another descriptor of the same open file.
        let forked = held.0.try_clone().unwrap();
        assert!(matches!(lock(directory.path()), Err(OpenSqliteError::InUse(_))));
        drop(held);
        assert!(lock(directory.path()).is_ok());
        drop(forked);
    }
}
