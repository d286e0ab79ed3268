//! Between documents and the rows they are kept in.

use jiff::Timestamp;

use crate::{
    Error,
    audit::AuditEvent,
    id::OrgId,
    record::{Document, FoundRecord, Kept, MAX_KEY_BYTES, Record},
    store::{Commit, Precondition, Write},
    usecase::access::not_found,
};

/// What a writer found of a record before: its revision and when it was made; `None` if there is none.
pub(crate) type Present = Option<(u64, Timestamp)>;

/// A document's row to write, with what must still be so, and the document as it will be.
pub(crate) struct Draft<T> {
    pub precondition: Precondition,
    pub write: Write,
    pub kept: Kept<T>,
}

/// Deletes a document as it was read.
pub(crate) fn dropping<T: Document>(found: &Kept<T>) -> (Precondition, Write) {
    let (organization, key) = (found.organization, found.key.clone());
    let revision = Some(found.revision);
    (
        Precondition::Record(organization, T::COLLECTION, key.clone(), revision),
        Write::DropRecord(organization, T::COLLECTION, key),
    )
}

/// One row under one precondition.
pub(crate) fn commit(
    audit: AuditEvent,
    organization: OrgId,
    precondition: Precondition,
    write: Write,
) -> Commit {
    Commit {
        organization,
        preconditions: vec![precondition],
        writes: vec![write],
        audit,
        changes: Vec::new(),
    }
}

/// How the audit log names a document.
pub(super) fn target<T: Document>(key: &str) -> String {
    format!("{}:{key}", T::NOUN)
}

/// "Not found", for a document.
pub(crate) fn missing<T: Document>(key: &str) -> Error {
    not_found(T::NOUN, key.to_owned())
}

pub(super) fn check_key(key: &str) -> Result<(), Error> {
    if key.is_empty() || key.len() > MAX_KEY_BYTES || key.chars().any(char::is_control) {
        return Err(Error::invalid(
            "key",
            format!("must be 1 to {MAX_KEY_BYTES} bytes without control characters"),
        ));
    }
    Ok(())
}

/// A record as a document.
#[expect(clippy::needless_pass_by_value, reason = "it is what map passes")]
pub(crate) fn read<T: Document>(record: Record) -> Result<Kept<T>, Error> {
    Ok(record.document()?)
}

/// The same, for a caller's own use, of a record that the store may hold on to.
pub(crate) fn read_found<T: Document>(found: &FoundRecord) -> Result<Kept<T>, Error> {
    Ok(Kept::clone(&*found.document()?))
}
