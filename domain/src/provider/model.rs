//! What providers answer with.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{address::Version, entity::VersionState, secret_json::SecretJson};

/// A map, as read.
#[derive(Debug)]
pub struct Found {
    /// Its keys and values: an object. Without versions it may be anything else that lies at the path.
    pub value: SecretJson,
    /// Which version it is.
    pub version: Option<Version>,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wrote {
    /// The version before, as far as it is known.
    pub old: Option<Version>,
    /// The new one.
    pub new: Option<Version>,
}

/// What was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    /// Whether one key was, and not the path as a whole.
    pub key_only: bool,
    /// The version, where one was.
    pub version: Option<Version>,
}

/// Which way versions are moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shift {
    /// Back from being deleted.
    Undelete,
    /// Away for ever.
    Destroy,
}

/// What moving versions came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Moved {
    /// Those that were moved.
    pub applied: Vec<Version>,
    /// Those that there are not, or that were where they should go, or cannot go there.
    pub skipped: Vec<Version>,
}

/// A version, without its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Its number.
    pub version: Version,
    /// Where it is in its life.
    pub state: VersionState,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was deleted, or will be.
    pub deleted_at: Option<Timestamp>,
}

/// What is known of a path without its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// The newest version; 0: none yet.
    pub current: u64,
    /// The oldest version that is kept, as the engine counts; 0: from the first on.
    pub oldest: u64,
    /// How many versions are kept; 0: as the engine does.
    pub max_versions: u64,
    /// Whether every write must name the version that it follows.
    pub cas_required: bool,
    /// How long versions live, as the engine says it.
    pub delete_version_after: String,
    /// When the path was first written.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// The versions, newest first.
    pub versions: Vec<Line>,
    /// What is said of the path.
    pub custom: BTreeMap<String, String>,
}

/// What kind of value a key has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ValueKind {
    /// Text.
    Text,
    /// A number.
    Number,
    /// True or false.
    Flag,
    /// Keys of its own.
    Object,
    /// A list.
    Array,
    /// Nothing.
    Null,
}

impl ValueKind {
    /// Its name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Number => "number",
            Self::Flag => "boolean",
            Self::Object => "object",
            Self::Array => "array",
            Self::Null => "null",
        }
    }
}

/// Something that lies under a prefix.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    /// A secret's path, mount and all.
    Secret(String),
    /// A path under which there are more.
    Folder(String),
    /// A key of what lies at a path.
    Key {
        /// The path, mount and all.
        path: String,
        /// The key.
        key: String,
        /// What its value is.
        kind: ValueKind,
    },
}

/// What is stamped on a path when it is first written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// By whom; `None`: anonymous.
    pub subject: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl Stamp {
    /// Stamps what is said of a path, unless it was stamped before; whether it was not.
    pub fn mark(&self, custom: &mut BTreeMap<String, String>) -> bool {
        if custom.contains_key("created_by") {
            return false;
        }
        let subject = self.subject.as_deref();
        custom.insert("created_by".to_owned(), subject.unwrap_or("anonymous").to_owned());
        custom.insert(
            "created_at".to_owned(),
            self.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        );
        if let Some(subject) = subject {
            custom
                .entry("owner".to_owned())
                .or_insert_with(|| subject.to_owned());
        }
        true
    }
}
