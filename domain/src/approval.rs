//! Access that is asked for and granted for a while: what can be asked for, requests, decisions. Programs that act for
//! people (agents) read secrets this way, and no other.

mod rule;
mod uri;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    api_key::TokenForm,
    id::ApiKeyId,
    record::{Collection, Document},
    rights::Permission,
};

pub use rule::{AutoApprove, BadWindow, Window};
pub use uri::{AgentUri, BadUri};

/// What a token for one approved request looks like.
pub const TOKEN: TokenForm = TokenForm::Dialect {
    prefix: "mcp_access_token_",
    random: 43,
    shown: 0,
};

/// How long access may be asked for.
pub const SHORTEST: SignedDuration = SignedDuration::from_secs(60);
/// See [`SHORTEST`].
pub const LONGEST: SignedDuration = SignedDuration::from_hours(24);
/// How long a request is kept, for people to look at.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// What is to be done with a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// Read its value.
    Read,
    /// Write a new one.
    Write,
}

impl Operation {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    /// The operation of this name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "read" => Some(Self::Read),
            "write" => Some(Self::Write),
            _ => None,
        }
    }
}

/// Something that can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentResource {
    /// What: one thing, or all of a kind.
    pub uri: AgentUri,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What can be done with it.
    pub operations: Vec<Operation>,
    /// Whether somebody must approve.
    pub requires_approval: bool,
    /// Who may decide, by key id or label; none: everybody who may decide at all.
    pub approvers: Vec<String>,
    /// When no person is needed.
    pub auto_approve: Option<AutoApprove>,
    /// Whether a request must give a reason.
    pub require_reason: bool,
    /// The shortest reason, in characters.
    pub min_reason_length: u32,
}

impl Document for AgentResource {
    const COLLECTION: Collection = Collection::new("agent-resources");
    const NOUN: &'static str = "agent-resource";
    const READ: Permission = Permission::RequestAccess;
    const WRITE: Permission = Permission::DecideAccess;
}

impl AgentResource {
    /// Whether it lets anything through that nobody looks at.
    pub fn is_open(&self) -> bool {
        !self.requires_approval || self.auto_approve.as_ref().is_some_and(|rule| rule.enabled)
    }
}

/// How a request was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Whether access was granted.
    pub granted: bool,
    /// Who decided, as the audit log names them; `rule` if a resource's own rule did.
    pub principal: String,
    /// Who decided, as they call themselves.
    pub by: String,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// A request for access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// To what.
    pub uri: AgentUri,
    /// For what.
    pub operation: Operation,
    /// Why.
    pub reason: Option<String>,
    /// The key that asked.
    pub requester: ApiKeyId,
    /// Who asked, as they call themselves.
    pub requested_by: String,
    /// When.
    pub requested_at: Timestamp,
    /// When access ends, granted or not.
    pub expires_at: Timestamp,
    /// The decision, once there is one.
    pub verdict: Option<Verdict>,
    /// How often it was made use of.
    pub used: u64,
}

impl Document for Approval {
    const COLLECTION: Collection = Collection::new("approvals");
    const NOUN: &'static str = "approval";
    const READ: Permission = Permission::RequestAccess;
    const WRITE: Permission = Permission::RequestAccess;

    fn expires_at(&self) -> Option<Timestamp> {
        self.requested_at.checked_add(KEPT).ok()
    }
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Nobody has decided.
    Pending,
    /// Granted, and not over.
    Approved,
    /// Refused.
    Denied,
    /// Its time is over.
    Expired,
}

impl Approval {
    /// Where it stands at `now`.
    pub fn stage(&self, now: Timestamp) -> Stage {
        match &self.verdict {
            Some(verdict) if !verdict.granted => Stage::Denied,
            _ if self.expires_at <= now => Stage::Expired,
            Some(_) => Stage::Approved,
            None => Stage::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_request_is_pending_until_decided_and_over_when_its_time_is() {
        let verdict = |granted| {
            Some(Verdict {
                granted,
                principal: "key:x".into(),
                by: "somebody".into(),
                reason: None,
                at: at(5),
            })
        };
        let approval = |verdict| Approval {
            uri: "secrets/*".parse().unwrap(),
            operation: Operation::Read,
            reason: None,
            requester: ApiKeyId::from_bytes([1; 16]),
            requested_by: "agent".into(),
            requested_at: at(0),
            expires_at: at(60),
            verdict,
            used: 0,
        };
        assert_eq!(approval(None).stage(at(59)), Stage::Pending);
        assert_eq!(approval(None).stage(at(60)), Stage::Expired);
        assert_eq!(approval(verdict(true)).stage(at(59)), Stage::Approved);
        assert_eq!(approval(verdict(true)).stage(at(60)), Stage::Expired);
        assert_eq!(approval(verdict(false)).stage(at(99)), Stage::Denied);
    }
}
