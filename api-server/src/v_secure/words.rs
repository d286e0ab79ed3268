//! The audit log in this door's words: which of the domain's events it speaks of, and what it calls them.

use coffer_domain::{
    address::Reference,
    audit::{AuditEvent, Outcome},
};

use super::id;

/// How resources for agents are written.
pub const SCHEME: &str = "vsecure://";

/// What an event is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// What it is about: `secret`, `apikey`, `mcp`, `webhook`, `config`.
    pub kind: &'static str,
    /// What happened: `accessed`.
    pub verb: &'static str,
}

impl Word {
    /// The long name: `secret.accessed`.
    pub fn long(self) -> String {
        format!("{}.{}", self.kind, self.verb)
    }
}

/// Of an event that this door speaks of. Lists are told only where they were refused.
pub fn of(event: &AuditEvent) -> Option<Word> {
    let word = |kind, verb| Some(Word { kind, verb });
    let refused = event.outcome == Outcome::Denied;
    match event.action.as_str() {
        "secret.read" | "secret.copy" => word("secret", "accessed"),
        "secret.write" if version(event) == Some(1) => word("secret", "created"),
        "secret.create" => word("secret", "created"),
        "secret.write" | "secret.amend" | "secret.rename" | "secret.rollback" | "secret.replace"
        | "secret.declare" | "secret.retire" | "secret.restore" | "secret.undelete" | "secret.publish"
        | "secret.unpublish" => word("secret", "updated"),
        "secret.erase" | "secret.delete" | "secret.trash" | "secret.destroy" | "secret.purge" => {
            word("secret", "deleted")
        }
        "secret.rotate" => word("secret", "rotated"),
        "secret.expire" => word("secret", "expired"),
        "secret.list" | "secret.describe" | "secret.versions" if refused => word("secret", "accessed"),
        "key.create" => word("apikey", "created"),
        "key.read" => word("apikey", "accessed"),
        "key.list" if refused => word("apikey", "accessed"),
        "key.update" | "key.follow" | "key.write" => word("apikey", "updated"),
        "key.rotate" => word("apikey", "rotated"),
        "key.revoke" => word("apikey", "revoked"),
        "approval.request" => word("mcp", "approval_requested"),
        "approval.grant" => word("mcp", "approval_granted"),
        "approval.deny" => word("mcp", "approval_denied"),
        "approval.use" if refused => word("mcp", "operation_failed"),
        "approval.use" => word("mcp", "resource_accessed"),
        "approval.list" | "approval.search" | "agent-resource.list" if refused => {
            word("mcp", "operation_failed")
        }
        "agent-resource.write" => word("mcp", "resource_configured"),
        "webhook.create" => word("webhook", "created"),
        "webhook.update" => word("webhook", "updated"),
        "webhook.delete" => word("webhook", "deleted"),
        "webhook" | "webhook.list" | "webhook.read" if refused => word("webhook", "accessed"),
        "config.create" | "config.update" | "vault.create" | "vault.write" | "vault.delete"
        | "environment.create" | "environment.rename" | "environment.delete" | "audit-feed.create" => {
            word("config", "updated")
        }
        "audit.search" | "audit.read" | "audit.verify" | "audit-export" | "config" | "audit-feed"
            if refused =>
        {
            word("config", "accessed")
        }
        _ => None,
    }
}

/// The long names of what webhooks can be told of.
pub const EVENTS: [&str; 15] = [
    "secret.created",
    "secret.accessed",
    "secret.updated",
    "secret.deleted",
    "secret.expired",
    "secret.rotated",
    "apikey.created",
    "apikey.updated",
    "apikey.rotated",
    "apikey.revoked",
    "mcp.approval_requested",
    "mcp.approval_granted",
    "mcp.approval_denied",
    "mcp.resource_accessed",
    "*",
];

/// The version that an event is about.
pub fn version(event: &AuditEvent) -> Option<u64> {
    let told = event
        .versions
        .iter()
        .find_map(|told| match told.rsplit_once('@') {
            Some((_, number)) => number.parse().ok(),
            None => told.parse().ok(),
        });
    told.filter(|_| event.action.starts_with("secret."))
}

/// Which tags came and went.
pub fn tags(event: &AuditEvent) -> (Vec<String>, Vec<String>) {
    let with = |prefix: &str| {
        let told = event.versions.iter().filter_map(|told| told.strip_prefix(prefix));
        told.map(str::to_owned).collect()
    };
    (with("tag+"), with("tag-"))
}

/// The request for access that an event is about.
pub fn approval(event: &AuditEvent) -> Option<&str> {
    event
        .versions
        .iter()
        .find(|told| told.starts_with("appr_"))
        .map(String::as_str)
}

/// Who acted: which kind of actor, and its id.
pub fn actor(principal: &str) -> (&'static str, String) {
    match principal.split_once(':') {
        Some(("key", id)) => ("api_key", id::of(id::KEY, id)),
        Some(("user", id)) => ("user", id::of("user_", id)),
        Some(_) => ("system", principal.to_owned()),
        None => ("system", "system".to_owned()),
    }
}

/// An actor's id alone.
pub fn actor_id(principal: &str) -> String {
    actor(principal).1
}

/// The name of a secret in an event's target; of other things, what stands there.
pub fn target_name(event: &AuditEvent) -> String {
    if let Ok(Reference { address, .. }) = event.target.parse() {
        return address.name.to_string();
    }
    match event.target.split_once(':') {
        Some(("agent", uri)) => format!("{SCHEME}{uri}"),
        Some(("key", key)) => id::of(id::KEY, key),
        Some(("webhook", key)) => key.to_owned(),
        _ => event.target.clone(),
    }
}

#[cfg(test)]
mod tests {
    use coffer_domain::{audit::Origin, principal::Principal};

    use super::*;

    fn event(action: &str, outcome: Outcome, versions: &[&str]) -> AuditEvent {
        let origin = Origin::controller();
        let target = "coffer://o/default/default/A".to_owned();
        let at = jiff::Timestamp::UNIX_EPOCH;
        let mut event = AuditEvent::new(at, &Principal::Controller, &origin, action, target, outcome);
        event.versions = versions.iter().map(|it| (*it).to_owned()).collect();
        event
    }

    #[test]
    fn events_have_their_names() {
        for (action, outcome, versions, expected) in [
            (
                "secret.write",
                Outcome::Allowed,
                &["A@1"][..],
                Some("secret.created"),
            ),
            ("secret.write", Outcome::Allowed, &["A@2"], Some("secret.updated")),
            ("secret.write", Outcome::Denied, &[], Some("secret.updated")),
            ("secret.read", Outcome::Allowed, &["2"], Some("secret.accessed")),
            ("secret.list", Outcome::Allowed, &[], None),
            ("secret.list", Outcome::Denied, &[], Some("secret.accessed")),
            ("approval.use", Outcome::Denied, &[], Some("mcp.operation_failed")),
            ("idempotency.claim", Outcome::Allowed, &[], None),
        ] {
            let found = of(&event(action, outcome, versions)).map(Word::long);
            assert_eq!(found.as_deref(), expected, "{action}");
        }
    }

    #[test]
    fn versions_tags_and_actors_read_back() {
        let event = event("secret.write", Outcome::Allowed, &["A@3", "tag+x", "tag-y"]);
        assert_eq!(version(&event), Some(3));
        assert_eq!(tags(&event), (vec!["x".to_owned()], vec!["y".to_owned()]));
        assert_eq!(target_name(&event), "A");
        assert_eq!(actor("key:0198-1"), ("api_key", "key_01981".to_owned()));
        assert_eq!(actor("controller").0, "system");
    }
}
