//! Entries of the audit log.

use coffer_domain::{
    audit::Outcome,
    usecase::audit_entries::{Entry, Known},
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::{
    http::time,
    v_secure::{
        id,
        words::{self, Word},
    },
};

/// An entry.
#[derive(Debug, Serialize, ToSchema)]
pub struct LogOut {
    /// `log_` and more.
    id: String,
    /// With milliseconds.
    timestamp: String,
    resource: ResourceRef,
    /// What happened, in one word.
    action: &'static str,
    /// The same in full: `secret.accessed`.
    event: String,
    actor: Actor,
    /// `success` or `failure`.
    result: &'static str,
    /// Versions and tags before and after; never a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, nullable = false)]
    changes: Option<Value>,
    metadata: Surroundings,
    /// `sha256:` and 64 hexadecimal digits; left out on request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    signature: Option<String>,
    /// Whether it is what was recorded; of a single entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    verified: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ResourceRef {
    r#type: &'static str,
    id: Option<String>,
    name: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Actor {
    r#type: &'static str,
    id: String,
    name: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Surroundings {
    ip_address: Option<String>,
    user_agent: Option<String>,
    location: Option<String>,
    version: Option<u64>,
    request_id: Option<String>,
    /// Through which door.
    source: String,
}

/// The signature of an entry, as it is written.
pub fn signature(entry: &Entry) -> String {
    format!("sha256:{}", hex::encode(entry.signature))
}

impl LogOut {
    /// Of an entry that this door speaks of.
    pub fn of(entry: &Entry, known: &Known) -> Option<Self> {
        let event = &entry.event;
        let word = words::of(event)?;
        let (kind, actor) = words::actor(&event.principal);
        Some(Self {
            id: id::of_log(entry.sequence),
            timestamp: time::millis(event.at),
            resource: resource(word, entry, known),
            action: word.verb,
            event: word.long(),
            actor: Actor {
                r#type: kind,
                id: actor,
                name: known.labels.get(&event.principal).cloned(),
            },
            result: match event.outcome {
                Outcome::Allowed => "success",
                Outcome::Denied => "failure",
            },
            changes: changes(word, entry),
            metadata: Surroundings {
                ip_address: event.address.clone(),
                user_agent: event.agent.clone(),
                location: None,
                version: words::version(event),
                request_id: event.request.as_ref().map(|id| id::of("req_", id)),
                source: event.door.clone(),
            },
            signature: Some(signature(entry)),
            verified: None,
        })
    }

    /// With what verification found.
    #[must_use]
    pub fn verified(self, holds: bool) -> Self {
        Self {
            verified: Some(holds),
            ..self
        }
    }

    /// Without its signature.
    #[must_use]
    pub fn unsigned(self) -> Self {
        Self {
            signature: None,
            ..self
        }
    }

    /// As comma-separated values, in the order of [`Self::COLUMNS`].
    pub fn columns(&self) -> [String; 9] {
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        [
            self.id.clone(),
            self.timestamp.clone(),
            self.resource.r#type.to_owned(),
            text(&self.resource.name),
            self.action.to_owned(),
            self.actor.id.clone(),
            self.result.to_owned(),
            text(&self.metadata.ip_address),
            text(&self.signature),
        ]
    }

    /// What [`Self::columns`] are.
    pub const COLUMNS: [&'static str; 9] = [
        "id",
        "timestamp",
        "resource",
        "name",
        "action",
        "actor",
        "result",
        "ipAddress",
        "signature",
    ];

    /// Whether it was refused.
    pub fn is_failure(&self) -> bool {
        self.result == "failure"
    }
}

fn resource(word: Word, entry: &Entry, known: &Known) -> ResourceRef {
    let target = &entry.event.target;
    let name = words::target_name(&entry.event);
    let id = match word.kind {
        "secret" => known.secrets.get(target).map(|found| id::of(id::SECRET, found)),
        _ => Some(name.clone()),
    };
    let name = match word.kind {
        "apikey" => known.labels.get(target).cloned(),
        _ => Some(name),
    };
    ResourceRef {
        r#type: word.kind,
        id,
        name,
    }
}

fn changes(word: Word, entry: &Entry) -> Option<Value> {
    let to = words::version(&entry.event)?;
    if word.kind != "secret" || word.verb != "updated" {
        return None;
    }
    let (added, removed) = words::tags(&entry.event);
    let mut changes = json!({ "version": { "from": to - 1, "to": to } });
    if !added.is_empty() || !removed.is_empty() {
        changes["tags"] = json!({ "added": added, "removed": removed });
    }
    Some(changes)
}

/// An access by approval.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessOut {
    id: String,
    timestamp: String,
    /// The resource's URI.
    resource: String,
    /// What was done or asked for.
    operation: &'static str,
    actor: String,
    approval_id: Option<String>,
    success: bool,
    metadata: AccessMetadata,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AccessMetadata {
    ip_address: Option<String>,
    user_agent: Option<String>,
}

impl AccessOut {
    /// Of an entry that this door speaks of.
    pub fn of(entry: &Entry) -> Option<Self> {
        let event = &entry.event;
        let word = words::of(event)?;
        Some(Self {
            id: id::of_log(entry.sequence),
            timestamp: time::millis(event.at),
            resource: words::target_name(event),
            operation: if word.verb == "resource_accessed" {
                "read"
            } else {
                word.verb
            },
            actor: words::actor_id(&event.principal),
            approval_id: words::approval(event).map(str::to_owned),
            success: event.outcome == Outcome::Allowed,
            metadata: AccessMetadata {
                ip_address: event.address.clone(),
                user_agent: event.agent.clone(),
            },
        })
    }
}

/// What verification found.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedOut {
    id: String,
    /// Whether the entry is what was recorded, where it was recorded.
    verified: bool,
    signature: String,
    /// `HMAC-SHA256`.
    algorithm: &'static str,
    verified_at: String,
}

impl VerifiedOut {
    /// Of an entry at `now`.
    pub fn of(entry: &Entry, verified: bool, now: Timestamp) -> Self {
        Self {
            id: id::of_log(entry.sequence),
            verified,
            signature: signature(entry),
            algorithm: "HMAC-SHA256",
            verified_at: time::millis(now),
        }
    }
}
