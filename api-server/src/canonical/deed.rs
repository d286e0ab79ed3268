//! One operation on one URI, from its guards to its record.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use coffer_domain::{
    address::Version,
    canonical_uri::{Backend, CanonicalUri, UriFault, UriPrefix, arn},
    principal::Principal,
    provider::{Actor, Provider, ProviderFault},
};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Builder;

use super::{
    auth::Signed,
    error::Failure,
    op::Op,
    policy::{Decision, Question},
    settings::Stage,
};
use crate::{app::App, http::time};

/// An operation that may be done.
pub struct Deed<'a> {
    /// What is asked.
    pub op: Op,
    /// Of which secret.
    pub uri: CanonicalUri,
    /// By whom.
    pub actor: Actor,
    /// What keeps it.
    pub provider: Arc<dyn Provider>,
    app: &'a App,
    signed: &'a Signed,
    decision: Decision,
    begun: Instant,
}

impl<'a> Deed<'a> {
    /// Lets an operation begin, whose scope was looked at before: the mount is the tenant's, and the provider is for
    /// this kind of server.
    pub fn begin(app: &'a App, signed: &'a Signed, op: Op, uri: CanonicalUri) -> Result<Self, Failure> {
        let door = &app.canonical;
        if !signed.has_mount(door, uri.path.mount()) {
            return Err(Failure::mount());
        }
        guard(door.settings.stage, op, uri.backend).map_err(|fault| Failure::of(fault, false))?;
        let provider = door
            .provider(uri.backend, uri.path.mount())
            .map_err(|fault| Failure::of(fault, false))?;
        Ok(Self {
            actor: signed.actor(door, op),
            op,
            uri,
            provider,
            app,
            signed,
            decision: Decision::default(),
            begun: Instant::now(),
        })
    }

    /// The same of what lies under a prefix.
    pub fn under(app: &'a App, signed: &'a Signed, prefix: &UriPrefix) -> Result<Self, Failure> {
        let uri = CanonicalUri {
            backend: prefix.backend,
            path: prefix.path.clone(),
            fragment: None,
            version: None,
        };
        Self::begin(app, signed, Op::Metadata, uri)
    }

    /// Refuses what is no secret's URI: a mount alone.
    pub fn of_a_secret(self) -> Result<Self, Failure> {
        match self.uri.path.key() {
            Some(_) => Ok(self),
            None => Err(Failure::invalid("uri", "names a mount and no secret in it")),
        }
    }

    /// Refuses a pinned version, for what is about the present one or all of them.
    pub fn unpinned(self) -> Result<Self, Failure> {
        match self.uri.version {
            None => Ok(self),
            Some(_) => Err(UriFault::InvalidVersion.into()),
        }
    }

    /// Refuses providers that keep no versions.
    pub fn versioned(self) -> Result<Self, Failure> {
        if self.provider.keeps_versions() {
            Ok(self)
        } else {
            Err(Failure::of(ProviderFault::Unsupported, false))
        }
    }

    /// Refuses providers that do.
    pub fn unversioned(self) -> Result<Self, Failure> {
        if self.provider.keeps_versions() {
            Err(Failure::of(ProviderFault::Unsupported, false))
        } else {
            Ok(self)
        }
    }

    /// Refuses a fragment, for what is about a path as a whole.
    pub fn whole(self) -> Result<Self, Failure> {
        if self.uri.fragment.is_some() {
            let message = "this is about a path as a whole: leave the fragment out";
            return Err(Failure::new(400, "FRAGMENT_NOT_ALLOWED", message));
        }
        Ok(self)
    }

    /// Has the policy decision point permit it, where there is one.
    pub async fn permitted(self) -> Result<Self, Failure> {
        let purpose = self.op.purpose();
        self.permitted_to(purpose).await
    }

    /// The same for this purpose.
    pub async fn permitted_to(mut self, purpose: &'static str) -> Result<Self, Failure> {
        let now = self.app.coffer.clock().now();
        let begun = Instant::now();
        let decided = self.decided(purpose, now).await;
        match decided {
            Ok((decision, remembered)) => {
                self.app.canonical.meters.permit(begun, remembered);
                self.decision = decision;
                self.begun = Instant::now();
                Ok(self)
            }
            Err(failure) => {
                let (event, signal) = refusal(&failure);
                self.note(event, signal, None, Some(failure.code()));
                Err(failure)
            }
        }
    }

    /// What is decided, and whether that was remembered.
    async fn decided(&self, purpose: &'static str, now: Timestamp) -> Result<(Decision, bool), Failure> {
        let door = &self.app.canonical;
        self.signed.note_use(door, self.op, now)?;
        let Some(policy) = &door.policy else {
            return Ok((Decision::default(), false));
        };
        let subject = self.signed.subject();
        let question = self.question(purpose, subject.as_deref());
        let remembered = policy.remembered(&question, now);
        door.meters.recall(remembered.as_ref().map(Result::is_ok));
        if let Some(remembered) = remembered {
            return Ok((remembered?, true));
        }
        let attributes = self.attributes().await;
        let begun = Instant::now();
        let decided = policy.decide(&question, &attributes, now).await;
        door.meters.decided(begun.elapsed(), decided.as_ref().err());
        Ok((decided?, false))
    }

    fn question<'q>(&'q self, purpose: &'static str, subject: Option<&'q str>) -> Question<'q> {
        let marks = &self.signed.marks;
        Question {
            subject,
            tenant: self.signed.tenant.as_str(),
            purpose,
            uri: &self.uri,
            names: (self.resource_ref(), self.path_names().1),
            token: self.signed.token(),
            binding: self.signed.binding(),
            issuer: self.app.canonical.settings.issuer.as_deref(),
            correlation: self.signed.context.0.id.as_str(),
            marks: [
                marks.run.as_deref(),
                marks.node.as_deref(),
                marks.system.as_deref(),
            ],
        }
    }

    /// What is said of a secret whose value is to be read, for the policy; nothing where that cannot be known.
    async fn attributes(&self) -> BTreeMap<String, String> {
        if self.op != Op::Read || !self.provider.keeps_versions() || self.uri.path.key().is_none() {
            return BTreeMap::new();
        }
        let mut ours = self.actor.clone();
        ours.caller.principal = Principal::Controller;
        let mut custom = match self.provider.history(&ours, &self.uri.whole()).await {
            Ok(history) => history.custom,
            Err(_) => BTreeMap::new(),
        };
        custom.retain(|name, _| matches!(name.as_str(), "owner" | "created_by" | "created_at"));
        custom
    }

    /// The reference of its path, and its name in policies.
    fn path_names(&self) -> (Option<String>, Option<String>) {
        let salt = self.app.canonical.settings.salt.as_ref();
        let path_ref = salt.map(|salt| salt.path_ref(&self.uri));
        let named = path_ref
            .as_deref()
            .map(|path_ref| arn(&self.uri, self.signed.tenant.as_str(), path_ref));
        (path_ref, named)
    }

    /// The reference of its URI, if the server has a key for those.
    pub fn resource_ref(&self) -> Option<String> {
        let salt = self.app.canonical.settings.salt.as_ref()?;
        Some(salt.resource_ref(&self.uri))
    }

    /// Records how it ended; `version` says which version it was about.
    pub fn end<T>(
        &self,
        result: Result<T, ProviderFault>,
        version: impl Fn(&T) -> Option<Version>,
    ) -> Result<T, Failure> {
        let (provider, op) = (self.uri.backend.provider(), self.op.purpose());
        self.app.canonical.meters.provided(provider, op, self.begun);
        match result {
            Ok(done) => {
                self.note(self.op.event(), self.op.signal(), version(&done), None);
                Ok(done)
            }
            Err(fault) => {
                let failure = Failure::of(fault, self.uri.version.is_some());
                let (event, signal) = refusal(&failure);
                self.note(event, signal, None, Some(failure.code()));
                Err(failure)
            }
        }
    }

    fn note(&self, event: &str, signal: &'static str, version: Option<Version>, error: Option<&str>) {
        // Where the journal is not served, nobody could ever look at it.
        if !self.app.canonical.settings.dev_endpoints {
            return;
        }
        let event = match (event, version) {
            ("SECRET_DELETED", Some(_)) => "SECRET_VERSION_DELETED",
            _ => event,
        };
        let mut shown = self.record(event, version);
        shown["effect"] = json!(if event == "SECRET_DENY" { "Deny" } else { "Permit" });
        shown["success"] = json!(error.is_none());
        if let Some(error) = error {
            shown["error"] = json!(error);
        }
        self.app
            .canonical
            .journal
            .note(self.signed.tenant.as_str(), signal, shown);
    }

    fn record(&self, event: &str, version: Option<Version>) -> Value {
        let now = time::millis(self.app.coffer.clock().now());
        let (marks, token) = (&self.signed.marks, self.signed.token());
        let tenant = self.signed.tenant.as_str();
        let (path_ref, resource_arn) = self.path_names();
        let decision = &self.decision;
        json!({
            "event_id": self.fresh_id(),
            "event": event,
            "ts": now,
            "timestamp": now,
            "tenant_id": tenant,
            "system_id": marks.system,
            "workflow_run_id": marks.run,
            "node_id": marks.node,
            "subject": {
                "sub": self.signed.subject().unwrap_or_else(|| "anonymous".to_owned()),
                "act": token.and_then(|token| token.act.clone()),
            },
            "action": if self.op.writes() { self.op.purpose() } else { "use" },
            "purpose": self.op.purpose(),
            "purpose_of_use": self.op.purpose(),
            "resource_ref": self.resource_ref(),
            "resource_arn": resource_arn,
            "path_ref": path_ref,
            "decision_id": decision.id.clone().unwrap_or_else(|| self.fresh_id()),
            "policy_version": decision.policy.as_deref().unwrap_or("local-dev"),
            "classification": decision.classification,
            "provider": self.uri.backend.provider(),
            "kv_version": version.map(Version::get),
            "lease_id": null,
            "lease_ttl": null,
            "cnf_jkt": token.and_then(|token| token.bound.key.clone()),
            "mtls_thumbprint": self.signed.certificate(),
            "token_jti": token.and_then(|token| token.id.clone()),
            "correlation_id": self.signed.context.0.id.as_str(),
            "trace_id": marks.trace,
            "span_id": marks.span,
            "sampled": true,
        })
    }

    fn fresh_id(&self) -> String {
        let mut random = [0; 16];
        self.app.coffer.entropy().fill(&mut random);
        Builder::from_random_bytes(random).into_uuid().to_string()
    }
}

/// What the journal calls an operation that failed so.
fn refusal(failure: &Failure) -> (&'static str, &'static str) {
    if failure.status() == 403 {
        ("SECRET_DENY", "secret.denied")
    } else {
        ("SECRET_ERROR", "secret.error")
    }
}

/// What is for development stays there.
fn guard(stage: Stage, op: Op, backend: Backend) -> Result<(), ProviderFault> {
    let allowed = backend != Backend::Yaml
        || stage.is_for_development()
        || (!op.writes() && stage != Stage::Production);
    allowed.then_some(()).ok_or(ProviderFault::Guarded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_is_written_in_development_and_read_outside_production() {
        for (stage, read, written) in [
            (Stage::Development, true, true),
            (Stage::Test, true, true),
            (Stage::Other, true, false),
            (Stage::Production, false, false),
        ] {
            assert_eq!(guard(stage, Op::Read, Backend::Yaml).is_ok(), read, "{stage:?}");
            assert_eq!(
                guard(stage, Op::Write, Backend::Yaml).is_ok(),
                written,
                "{stage:?}"
            );
            assert!(guard(stage, Op::Write, Backend::OpenBao).is_ok());
        }
    }
}
