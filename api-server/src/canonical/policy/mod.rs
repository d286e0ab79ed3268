//! Where a policy decision point is asked, over HTTP: before each operation, about its subject, purpose and URI. What
//! it permits is remembered for as long and as often as it says, what it denies for a moment. Without its word nothing
//! is permitted.

mod answer;
mod ask;
mod memory;
pub mod settings;

use std::collections::BTreeMap;

use coffer_domain::canonical_uri::CanonicalUri;
use jiff::Timestamp;
use serde_json::json;

pub use answer::Decision;
use ask::Ask;
use memory::{Key, Memory, Remembered};
use settings::Settings;

use super::error::Failure;

/// What is asked.
#[derive(Debug)]
pub struct Question<'a> {
    /// Who; `None`: anonymous.
    pub subject: Option<&'a str>,
    /// In which tenant.
    pub tenant: &'a str,
    /// What for.
    pub purpose: &'static str,
    /// Of which secret.
    pub uri: &'a CanonicalUri,
    /// Its references: `resource_ref` and the policies' name.
    pub names: (Option<String>, Option<String>),
    /// The token's id.
    pub token: Option<&'a str>,
    /// The request's id.
    pub correlation: &'a str,
    /// The run, node and system that the request names.
    pub marks: [Option<&'a str>; 3],
}

/// The policy decision point, and what it said lately.
pub struct Policy {
    settings: Settings,
    ask: Ask,
    memory: Memory,
}

impl Policy {
    /// As the settings say.
    pub fn new(settings: &Settings) -> Self {
        Self {
            settings: settings.clone(),
            ask: Ask::new(settings),
            memory: Memory::default(),
        }
    }

    /// What is remembered of a question at `now`: a permission, which is then used once more, or a denial.
    pub fn remembered(&self, question: &Question<'_>, now: Timestamp) -> Option<Result<Decision, Failure>> {
        match self.memory.recall(&key(question), now)? {
            Remembered::Permitted(decision) => Some(Ok(decision)),
            Remembered::Denied(decision) => Some(Err(denied(question, &decision))),
        }
    }

    /// Asks, with what the server knows of the secret.
    pub async fn decide(
        &self,
        question: &Question<'_>,
        attributes: &BTreeMap<String, String>,
        now: Timestamp,
    ) -> Result<Decision, Failure> {
        let decision = self.ask.about(question, attributes).await?;
        let until = |seconds: u64| {
            now.saturating_add(std::time::Duration::from_secs(seconds))
                .unwrap_or(now)
        };
        if !decision.permits {
            self.memory
                .deny(key(question), decision.clone(), until(self.settings.denied_for));
            return Err(denied(question, &decision));
        }
        let uses = decision.uses.unwrap_or(self.settings.uses);
        let lasts = decision.lasts.unwrap_or(self.settings.lasts);
        self.memory.permit(
            key(question),
            decision.clone(),
            until(lasts),
            uses.saturating_sub(1),
        );
        Ok(decision)
    }
}

fn key(question: &Question<'_>) -> Key {
    Key {
        subject: question.subject.unwrap_or("anonymous").to_owned(),
        tenant: question.tenant.to_owned(),
        uri: question.uri.to_string(),
        purpose: question.purpose,
    }
}

fn denied(question: &Question<'_>, decision: &Decision) -> Failure {
    let reason = decision.reason.as_deref().unwrap_or("denied by policy");
    Failure::new(403, "SECRET_AUTHZ_FAILED", "the policy does not permit this").with(json!({
        "purpose": question.purpose,
        "decision_id": decision.id,
        "policy_version": decision.policy,
        "reason": reason,
        "failures": [{ "uri": question.uri.to_string(), "code": "DENY", "reason": reason }],
    }))
}
