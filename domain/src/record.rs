//! Records: typed documents of the doors that no hot path reads (users, projects, subscriptions, deliveries,
//! connections). A record's body is sealed like a value; the store finds it by key, group, digest or time.

use std::{
    any::Any,
    fmt,
    sync::{Arc, OnceLock},
};

use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use thiserror::Error;

use crate::{api_key::TokenDigest, id::OrgId, rights::Permission, secret_value::SecretValue};

/// The largest body, in bytes of JSON (256 KiB).
pub const MAX_RECORD_BYTES: usize = 256 * 1024;

/// The longest key or group, in bytes.
pub const MAX_KEY_BYTES: usize = 512;

/// A kind of record. Its name is part of what a body is bound to: it never changes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Collection {
    name: &'static str,
    rights: bool,
    announced: bool,
}

impl Collection {
    /// A collection of this name.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            rights: false,
            announced: false,
        }
    }

    /// One whose records are held in memory, such as those that say who may do what: each change of it raises
    /// [`crate::store::Store::rights_epoch`].
    pub const fn held_in_memory(name: &'static str) -> Self {
        Self {
            rights: true,
            ..Self::new(name)
        }
    }

    /// The same, of whose changes subscribers hear under its name: `name.created`, `name.updated`, `name.deleted`.
    #[must_use]
    pub const fn announced(self) -> Self {
        Self {
            announced: true,
            ..self
        }
    }

    /// Whether subscribers hear of its changes.
    pub fn is_announced(self) -> bool {
        self.announced
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// Whether a change of it raises the rights epoch.
    pub fn is_held_in_memory(self) -> bool {
        self.rights
    }
}

impl fmt::Debug for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// What there is to say of a record without its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordHead {
    /// Its tenant.
    pub organization: OrgId,
    /// Its kind.
    pub collection: Collection,
    /// Its key, unique among the tenant's records of this kind.
    pub key: String,
    /// What it is listed under; empty for none.
    pub group: String,
    /// The keyed digest of a token that finds it, unique in the collection over all tenants.
    pub digest: Option<TokenDigest>,
    /// Rises with each change.
    pub revision: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// From when on it is read as absent.
    pub expires_at: Option<Timestamp>,
    /// When something is to be done about it.
    pub due_at: Option<Timestamp>,
}

impl RecordHead {
    /// Whether it is still to be read at `now`.
    pub fn lives(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Everything but its body.
    pub head: RecordHead,
    /// JSON.
    pub body: SecretValue,
}

/// A record as a store found it, which may hold on to it: what its body says is then parsed once, however often it is found.
#[derive(Debug)]
pub struct FoundRecord {
    record: Record,
    parsed: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl FoundRecord {
    /// Everything but its body.
    pub fn head(&self) -> &RecordHead {
        &self.record.head
    }

    /// All of it.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The document that it is. An error never quotes the body.
    pub fn document<T: Document>(&self) -> Result<Arc<Kept<T>>, Unreadable> {
        if let Some(parsed) = self.parsed.get()
            && let Ok(document) = Arc::clone(parsed).downcast()
        {
            return Ok(document);
        }
        let document = Arc::new(self.record.document()?);
        // Somebody else may have been first; what they parsed says the same.
        let _ = self.parsed.set(Arc::clone(&document) as _);
        Ok(document)
    }
}

impl From<Record> for FoundRecord {
    fn from(record: Record) -> Self {
        let parsed = OnceLock::new();
        Self { record, parsed }
    }
}

/// A record that is not what this program writes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("record {key} of {collection:?} is not what this program writes")]
pub struct Unreadable {
    key: String,
    collection: Collection,
}

impl From<&RecordHead> for Unreadable {
    fn from(head: &RecordHead) -> Self {
        Self {
            key: head.key.clone(),
            collection: head.collection,
        }
    }
}

impl Record {
    /// The document that it is. An error never quotes the body, as the parser's own words may.
    pub fn document<T: Document>(&self) -> Result<Kept<T>, Unreadable> {
        let head = &self.head;
        let body = serde_json::from_slice(self.body.reveal()).map_err(|_| Unreadable::from(head))?;
        Ok(Kept {
            organization: head.organization,
            key: head.key.clone(),
            revision: head.revision,
            created_at: head.created_at,
            updated_at: head.updated_at,
            body,
        })
    }
}

/// Which records of one collection and tenant to list, in the order of their keys.
#[derive(Debug, Clone, Copy)]
pub struct RecordQuery<'a> {
    /// The tenant.
    pub organization: OrgId,
    /// The kind.
    pub collection: Collection,
    /// Only those of this group.
    pub group: Option<&'a str>,
    /// Only those whose key comes after this one, in the order asked for.
    pub after: Option<&'a str>,
    /// From the last key to the first.
    pub descending: bool,
    /// How many to leave out first.
    pub skip: u32,
    /// How many at most.
    pub limit: u32,
    /// Those that expired by then are left out.
    pub now: Timestamp,
}

/// A type whose values are kept as records.
pub trait Document: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// Where they are kept.
    const COLLECTION: Collection;
    /// What one is called in errors and, before a dot, in the actions of the audit log: `resource`.
    const NOUN: &'static str;
    /// What it takes, on the organization as a whole, to read them.
    const READ: Permission = Permission::List;
    /// What it takes, on the organization as a whole, to write them.
    const WRITE: Permission = Permission::Write;

    /// What it is listed under.
    fn group(&self) -> String {
        String::new()
    }

    /// From when on it is read as absent.
    fn expires_at(&self) -> Option<Timestamp> {
        None
    }

    /// When something is to be done about it.
    fn due_at(&self) -> Option<Timestamp> {
        None
    }
}

/// A document as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept<T> {
    /// Its tenant.
    pub organization: OrgId,
    /// Its key.
    pub key: String,
    /// Its revision.
    pub revision: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// What it says.
    pub body: T,
}
