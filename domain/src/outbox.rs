//! What subscribers hear of changes: events made of a commit's rows, never with a value, and when to try again.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::{
    Error,
    entity::{Secret, Vault},
    id::OrgId,
    record::{Collection, Document},
    rights::Permission,
    secret_value::{self, SecretValue},
    store::{Commit, Write},
};

/// The longest address to deliver to.
const LONGEST_URL: usize = 2048;

/// How long to wait after each failure; after the last, no more.
const DELAYS: [SignedDuration; 8] = [
    SignedDuration::from_secs(5),
    SignedDuration::from_secs(30),
    SignedDuration::from_mins(2),
    SignedDuration::from_mins(10),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(12),
];

/// How long a delivery that was given up is kept, for people to look at.
const KEPT_DEAD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Who wants to hear of what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// Where to deliver: an absolute http or https URL.
    pub url: String,
    /// The names of events, such as `secret.created`; `secret.*` for all of a kind, `*` for all.
    pub events: Vec<String>,
    /// Whether it hears anything now.
    pub active: bool,
    /// The dialect that made it, and whose form its deliveries have.
    pub door: String,
    /// What its deliveries are signed with.
    #[serde(with = "secret_value::base64")]
    pub secret: SecretValue,
    /// What else that dialect says of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

impl Document for Subscription {
    const COLLECTION: Collection = Collection::held_in_memory("subscriptions");
    const NOUN: &'static str = "webhook";
    const READ: Permission = Permission::ManageHooks;
    const WRITE: Permission = Permission::ManageHooks;
}

impl Subscription {
    /// Whether it may be kept. Where the address leads is for the deliverer to judge.
    pub fn check(&self) -> Result<(), Error> {
        let rest = self
            .url
            .strip_prefix("https://")
            .or_else(|| self.url.strip_prefix("http://"));
        let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
        let has_host =
            host.is_some_and(|host| !host.is_empty() && !host.contains('@') && !host.starts_with(':'));
        let plain = self.url.len() <= LONGEST_URL && self.url.bytes().all(|b| b.is_ascii_graphic());
        if !has_host || !plain {
            let rule = "must be an absolute http or https URL without credentials";
            return Err(Error::invalid("url", rule));
        }
        if self.events.is_empty() {
            return Err(Error::invalid("events", "must name at least one event"));
        }
        Ok(())
    }

    /// Whether it wants to hear of `event`.
    pub fn wants(&self, event: &str) -> bool {
        let kind = event.split_once('.').map_or(event, |(kind, _)| kind);
        let wanted =
            |wanted: &String| wanted == "*" || wanted == event || wanted.strip_suffix(".*") == Some(kind);
        self.active && self.events.iter().any(wanted)
    }
}

/// Something that a subscriber is to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// The organization that keeps the subscription.
    pub subscriber: OrgId,
    /// The subscription's key.
    pub subscription: String,
    /// The event's name.
    pub event: String,
    /// The body to deliver: JSON, the same at every attempt.
    pub body: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When to try next; `None`: never again.
    pub next_at: Option<Timestamp>,
    /// When it is forgotten, once it was given up.
    pub forget_at: Option<Timestamp>,
    /// How the last attempt failed. Never what the other side sent.
    pub failure: Option<String>,
    /// Who did it, when, and what it was about, for dialects that write bodies of their own. Never a value.
    #[serde(default)]
    pub about: Value,
}

impl Document for Delivery {
    const COLLECTION: Collection = Collection::new("deliveries");
    const NOUN: &'static str = "delivery";
    const READ: Permission = Permission::ManageVaults;
    const WRITE: Permission = Permission::ManageVaults;

    fn group(&self) -> String {
        self.subscription.clone()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.forget_at
    }

    fn due_at(&self) -> Option<Timestamp> {
        self.next_at
    }
}

impl Delivery {
    /// After an attempt at `now` that failed: with when to try next, or given up.
    #[must_use]
    pub fn failed(self, now: Timestamp, why: &str) -> Self {
        let delay = DELAYS.get(self.attempts as usize);
        let after = |delay: SignedDuration| now.saturating_add(delay).unwrap_or(Timestamp::MAX);
        Self {
            attempts: self.attempts.saturating_add(1),
            next_at: delay.map(|delay| after(*delay)),
            forget_at: delay.is_none().then(|| after(KEPT_DEAD)),
            failure: Some(why.chars().take(200).collect()),
            ..self
        }
    }
}

/// The signature of a body: HMAC-SHA-256 (RFC 2104) under the subscription's secret, as lower-case hexadecimal.
pub fn signature(secret: &SecretValue, body: &[u8]) -> String {
    // HMAC takes keys of every length.
    Hmac::<Sha256>::new_from_slice(secret.reveal()).map_or_else(
        |_| String::new(),
        |mut mac| {
            mac.update(body);
            hex::encode(mac.finalize().into_bytes())
        },
    )
}

/// Something that happened, as subscribers hear of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Such as `secret.updated`.
    pub name: String,
    /// Which thing: ids, names, versions.
    pub data: Value,
}

/// What subscribers hear of a commit. A purge says nothing: the thing was deleted when it went to the trash.
pub fn events(commit: &Commit) -> Vec<Event> {
    let mut events: Vec<Event> = commit.writes.iter().filter_map(event).collect();
    events.extend(told(commit));
    events
}

/// What the audit log says of a commit and its rows do not: keys, access by approval, ends of secrets.
fn told(commit: &Commit) -> Option<Event> {
    let name = match commit.audit.action.as_str() {
        "key.create" => "apikey.created",
        "key.update" => "apikey.updated",
        "key.rotate" => "apikey.rotated",
        "key.revoke" => "apikey.revoked",
        "secret.rotate" => "secret.rotated",
        "secret.expire" => "secret.expired",
        "approval.request" => "mcp.approval_requested",
        "approval.grant" => "mcp.approval_granted",
        "approval.deny" => "mcp.approval_denied",
        "approval.use" => "mcp.resource_accessed",
        _ => return None,
    };
    let key = commit.writes.iter().find_map(|write| match write {
        Write::ApiKey(key) => Some(json!({ "id": key.id.to_string(), "name": key.name })),
        _ => None,
    });
    Some(Event {
        name: name.to_owned(),
        data: key.unwrap_or_else(|| json!({ "target": commit.audit.target })),
    })
}

/// That a value was read.
pub fn accessed(secret: &Secret) -> Event {
    Event {
        name: ACCESSED.to_owned(),
        ..of_secret(secret)
    }
}

/// How subscribers hear of reads.
pub const ACCESSED: &str = "secret.accessed";

fn event(write: &Write) -> Option<Event> {
    match write {
        Write::Secret(secret) => Some(of_secret(secret)),
        Write::Vault(vault) => Some(of_vault(vault)),
        Write::DropVault(id) => Some(Event {
            name: "vault.deleted".to_owned(),
            data: json!({ "id": id.to_string() }),
        }),
        Write::Record(record) => {
            let verb = if record.head.revision == 1 {
                "created"
            } else {
                "updated"
            };
            of_record(record.head.collection, &record.head.key, verb)
        }
        Write::DropRecord(_, collection, key) => of_record(*collection, key, "deleted"),
        Write::Organization(_)
        | Write::AmendOrganization(_)
        | Write::Version { .. }
        | Write::VersionState { .. }
        | Write::Reseal { .. }
        | Write::DropSecret(_)
        | Write::DropSecretsOf(..)
        | Write::ApiKey(_)
        | Write::Consumer(_)
        | Write::ForgetPod(_) => None,
    }
}

fn of_secret(secret: &Secret) -> Event {
    let verb = match (secret.trashed, secret.revision) {
        (Some(_), _) => "deleted",
        (None, 1) => "created",
        (None, _) => "updated",
    };
    let noun = secret.metadata.as_ref().map_or("secret", |said| said.kind.noun());
    Event {
        name: format!("{noun}.{verb}"),
        data: json!({
            "id": secret.id.to_string(),
            "name": secret.name,
            "vault_id": secret.vault.to_string(),
            "environment": secret.environment,
            "version": secret.current,
        }),
    }
}

fn of_vault(vault: &Vault) -> Event {
    let verb = if vault.revision == 1 { "created" } else { "updated" };
    Event {
        name: format!("vault.{verb}"),
        data: json!({ "id": vault.id.to_string(), "name": vault.name }),
    }
}

fn of_record(collection: Collection, key: &str, verb: &str) -> Option<Event> {
    collection.is_announced().then(|| Event {
        name: format!("{}.{verb}", collection.name()),
        data: json!({ "id": key }),
    })
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
