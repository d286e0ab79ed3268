//! The audit log: what was asked, by whom, from where, and how it ended. A hash chain per organization,
//! verifiable offline; a value is never in it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::{id::OrgId, principal::Principal};

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was done.
    Allowed,
    /// It was refused for want of a right.
    Denied,
}

/// Something that was asked. The fields are an allow-list: a new one needs a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditEvent {
    /// When.
    pub at: Timestamp,
    /// Who, as [`Principal::describe`] says.
    pub principal: String,
    /// What, such as `secret.read`.
    pub action: String,
    /// On what: an address, or the id of a key.
    pub target: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Versions read or written, with names where the target is a whole environment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<String>,
    /// How many of each, for what concerns many at once: an activity list shows numbers and no names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<String, u64>,
    /// Through which door.
    pub door: String,
    /// From which network address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The request's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// By which program, as it calls itself: people tell a browser from a pipeline by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The key with which a user came: one that leaked is told from its owner by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// What most events take as bytes.
const USUAL_BYTES: usize = 512;

/// The longest name of a program that is kept, in characters.
const LONGEST_AGENT: usize = 200;

/// Through which door, from where: the part of an event that the edge knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// `native`, `agent`, `kubernetes`, `cli`, or a dialect's name.
    pub door: &'static str,
    /// The client's network address.
    pub address: Option<String>,
    /// The request's id.
    pub request: Option<String>,
    /// The client program, as it calls itself.
    pub agent: Option<String>,
}

impl Origin {
    /// Of what our own controllers do.
    pub fn controller() -> Self {
        Self {
            door: "kubernetes",
            address: None,
            request: None,
            agent: None,
        }
    }
}

impl AuditEvent {
    /// An event without versions.
    pub fn new(
        at: Timestamp,
        principal: &Principal,
        origin: &Origin,
        action: &str,
        target: String,
        outcome: Outcome,
    ) -> Self {
        Self {
            at,
            principal: principal.describe(),
            action: action.to_owned(),
            target,
            outcome,
            versions: Vec::new(),
            counts: BTreeMap::new(),
            door: origin.door.to_owned(),
            address: origin.address.clone(),
            request: origin.request.clone(),
            agent: origin.agent.as_deref().map(plain),
            key: match principal {
                Principal::User(user) => user.key.as_ref().map(|(id, _)| id.to_string()),
                Principal::ApiKey(_)
                | Principal::Workload(_)
                | Principal::External(_)
                | Principal::Controller => None,
            },
        }
    }

    /// The bytes that the chain binds: compact JSON in the order of the fields.
    pub fn canonical(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(USUAL_BYTES);
        // A struct of strings and integers always serializes.
        match serde_json::to_writer(&mut bytes, self) {
            Ok(()) => bytes,
            Err(_) => Vec::new(),
        }
    }
}

/// A text of a stranger's as the log keeps it: short, and without control characters.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(LONGEST_AGENT)
        .collect()
}

/// Which events to look for: those that meet everything that is named.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Of this principal, as [`Principal::describe`] says.
    pub principal: Option<String>,
    /// Of these actions; one that ends in a dot stands for all that start so. None: of all.
    pub actions: Vec<String>,
    /// Whose target starts so.
    pub target: Option<String>,
    /// Through this door.
    pub door: Option<String>,
    /// With this outcome.
    pub outcome: Option<Outcome>,
    /// From this time on.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub to: Option<Timestamp>,
}

impl AuditFilter {
    /// Whether an event meets it.
    pub fn meets(&self, event: &AuditEvent) -> bool {
        let same = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|it| it == found);
        let action = |wanted: &String| {
            *wanted == event.action || (wanted.ends_with('.') && event.action.starts_with(wanted.as_str()))
        };
        same(&self.principal, &event.principal)
            && same(&self.door, &event.door)
            && (self.actions.is_empty() || self.actions.iter().any(action))
            && self
                .target
                .as_ref()
                .is_none_or(|start| event.target.starts_with(start.as_str()))
            && self
                .outcome
                .as_ref()
                .is_none_or(|outcome| *outcome == event.outcome)
            && self.from.is_none_or(|from| from <= event.at)
            && self.to.is_none_or(|to| event.at < to)
    }
}

/// A link's hash.
pub type ChainHash = [u8; 32];

/// A recorded event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its place in the organization's chain, from 1, without gaps.
    pub sequence: u64,
    /// The event's canonical bytes, as recorded.
    pub event: Vec<u8>,
    /// The hash over everything up to here.
    pub hash: ChainHash,
}

impl AuditRecord {
    /// The event, read back.
    pub fn parse(&self) -> Result<AuditEvent, serde_json::Error> {
        serde_json::from_slice(&self.event)
    }
}

/// Where every organization's chain starts.
pub fn genesis(organization: OrgId) -> ChainHash {
    let mut hasher = Sha256::new();
    hasher.update(b"coffer audit chain v1");
    hasher.update(organization.as_bytes());
    hasher.finalize().into()
}

/// The hash of the record after one whose hash is `previous`.
pub fn link(previous: &ChainHash, sequence: u64, event: &[u8]) -> ChainHash {
    let mut hasher = Sha256::new();
    hasher.update(previous);
    hasher.update(sequence.to_be_bytes());
    hasher.update((event.len() as u64).to_be_bytes());
    hasher.update(event);
    hasher.finalize().into()
}

/// The first record at which a chain breaks.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the audit chain breaks at record {sequence}: {reason}")]
pub struct Break {
    /// Its sequence number.
    pub sequence: u64,
    /// What is wrong there.
    pub reason: &'static str,
}

/// Follows a chain, record by record.
#[derive(Debug, Clone)]
pub struct Verifier {
    last: u64,
    hash: ChainHash,
}

impl Verifier {
    /// At the start of an organization's chain.
    pub fn new(organization: OrgId) -> Self {
        Self {
            last: 0,
            hash: genesis(organization),
        }
    }

    /// Takes the next record.
    pub fn take(&mut self, record: &AuditRecord) -> Result<(), Break> {
        let broken = |sequence, reason| Err(Break { sequence, reason });
        if record.sequence != self.last + 1 {
            return broken(self.last + 1, "a record is missing or out of order");
        }
        if link(&self.hash, record.sequence, &record.event) != record.hash {
            return broken(record.sequence, "its content is not what was recorded");
        }
        if record.parse().is_err() {
            return broken(record.sequence, "it is not an event");
        }
        self.last = record.sequence;
        self.hash = record.hash;
        Ok(())
    }

    /// The newest record verified, and its hash: the head, to compare with one kept elsewhere.
    pub fn head(&self) -> (u64, ChainHash) {
        (self.last, self.hash)
    }
}

#[cfg(test)]
#[path = "audit_tests.rs"]
mod tests;
