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
use memory::{Key, Memory, Permission, Remembered};
use settings::Settings;

use super::{error::Failure, token::Token};

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
    /// The sender's token, if an issuer made it.
    pub token: Option<&'a Token>,
    /// What the token is bound to, or the sender's certificate where that is the credential.
    pub binding: Option<&'a str>,
    /// The issuer of such tokens.
    pub issuer: Option<&'a str>,
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
        Some(match self.memory.recall(&key(question), question.binding, now)? {
            Remembered::Permitted(decision) => Ok(decision),
            Remembered::Denied(decision) => Err(denied(question, &decision)),
            Remembered::Drifted => {
                let decision = Decision {
                    reason: Some("another sender than the permission's".to_owned()),
                    ..Decision::default()
                };
                self.deny(question, decision, now);
                let message = "what was permitted to a sender is not permitted to another";
                Err(Failure::new(403, "BINDING_DRIFT", message))
            }
        })
    }

    /// Asks, with what the server knows of the secret.
    pub async fn decide(
        &self,
        question: &Question<'_>,
        attributes: &BTreeMap<String, String>,
        now: Timestamp,
    ) -> Result<Decision, Failure> {
        let decision = self.ask.about(question, attributes).await?;
        if !decision.permits {
            self.deny(question, decision.clone(), now);
            return Err(denied(question, &decision));
        }
        let uses = decision.uses.unwrap_or(self.settings.uses);
        let lasts = decision.lasts.unwrap_or(self.settings.lasts);
        self.memory.permit(
            key(question),
            Permission {
                decision: decision.clone(),
                binding: question.binding.map(str::to_owned),
                until: after(now, lasts),
                left: uses.saturating_sub(1),
            },
        );
        Ok(decision)
    }

    fn deny(&self, question: &Question<'_>, decision: Decision, now: Timestamp) {
        let until = after(now, self.settings.denied_for);
        self.memory.deny(key(question), decision, until);
    }
}

fn after(now: Timestamp, seconds: u64) -> Timestamp {
    let after = now.saturating_add(std::time::Duration::from_secs(seconds));
    after.unwrap_or(now)
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
