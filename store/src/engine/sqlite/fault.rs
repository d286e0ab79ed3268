//! What an error of SQLite means to the store: it may pass, it will not, or the rows are not as expected.

use coffer_domain::store::{CommitError, StoreError};
use rusqlite::{Error, ErrorCode, ffi};

/// Whether a flush or another operation of the disk failed, after which the log's tail is not to be trusted.
pub(super) fn is_io(error: &Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure)
}

/// The error while [`is_io`]'s consequences last.
pub(super) fn still_suspect() -> Error {
    let why = "a flush has failed, and the log could not be made safe yet".to_owned();
    Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_IOERR), Some(why))
}

/// The error after a flush of the database has failed.
pub(super) fn lost() -> Error {
    let why = "a flush of the database has failed: restart the server, which copies the whole log anew";
    Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_IOERR_FSYNC), Some(why.to_owned()))
}

/// Whether it is the database's, and so of every task in the transaction, or only of the task that met it.
pub(super) fn is_of_whole(error: &Error) -> bool {
    error.sqlite_error_code().is_some_and(|code| {
        !matches!(
            code,
            ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::TypeMismatch
        )
    })
}

/// An error of a read, or of a whole transaction.
pub(super) fn store(error: &Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::ReadOnly
            | ErrorCode::OutOfMemory,
        ) => StoreError::Unavailable(format!("the database does not answer: {error}")),
        _ => StoreError::Broken(format!("the database is not as it should be: {error}")),
    }
}

/// The same, as the answer to a task.
pub(super) fn commit_of_whole(error: &Error) -> CommitError {
    CommitError::Store(store(error))
}

/// An error of one task's statements. A uniqueness or reference that does not hold, or a row that is not
/// there, means that the commit was decided on rows that have changed since: the same as a failed precondition.
pub(super) fn commit(error: &Error) -> CommitError {
    match error {
        Error::StatementChangedRows(_) => CommitError::Precondition,
        Error::QueryReturnedNoRows => {
            CommitError::Store(StoreError::Broken("no such organization".to_owned()))
        }
        _ if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => CommitError::Precondition,
        _ => CommitError::Store(store(error)),
    }
}
