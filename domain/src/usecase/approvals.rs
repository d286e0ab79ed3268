//! Access by approval, for every door that agents come through: what can be asked for, and asking. Deciding and making
//! use of it are beside this.
//!
//! Nobody comes by a value this way that no one with the right to it had a hand in: what needs no approval is set up by
//! those who read secrets themselves, and whoever decides on their own request must have had that right before.

use jiff::{SignedDuration, Timestamp};

use super::{ATTEMPTS, Caller, Coffer, access::Ask, contended, documents::commit};
use crate::{
    Error,
    address::Place,
    api_key::ApiToken,
    approval::{self, AgentResource, AgentUri, Approval, LONGEST, Operation, SHORTEST, Verdict},
    audit::{AuditEvent, Outcome},
    entity::Secret,
    id::OrgId,
    name::{EnvName, OrgName, VaultName},
    principal::Principal,
    record::Kept,
    rights::Permission,
};

pub use super::{
    approvals_decide::NewVerdict,
    approvals_use::{Access, Accessed},
};

/// The longest reason, in characters.
const LONGEST_REASON: usize = 2000;

const REQUEST: Ask = Ask {
    permission: Permission::RequestAccess,
    action: "approval.request",
};
const CONFIGURE: Ask = Ask {
    permission: Permission::DecideAccess,
    action: "agent-resource.write",
};
pub(super) const READ: Ask = Ask {
    permission: Permission::Read,
    action: "secret.read",
};

/// A request to be made.
#[derive(Debug, Clone)]
pub struct NewRequest {
    /// For access to what.
    pub uri: AgentUri,
    /// For what.
    pub operation: Operation,
    /// Why.
    pub reason: Option<String>,
    /// Who asks, as they call themselves; the key's id without.
    pub requested_by: Option<String>,
    /// For how long, from now on.
    pub length: SignedDuration,
}

/// A request, with the token if it is granted: shown this once.
#[derive(Debug)]
pub struct Granted {
    /// The request.
    pub approval: Kept<Approval>,
    /// What makes use of it.
    pub token: Option<ApiToken>,
}

/// A secret that an agent may ask for.
#[derive(Debug, Clone)]
pub struct Visible {
    /// How to ask for it.
    pub uri: AgentUri,
    /// What it is.
    pub secret: Secret,
    /// Whether somebody must approve.
    pub requires_approval: bool,
}

impl Coffer {
    /// Says what can be asked for, and how; whether that is new. What lets anything through unseen takes the right to
    /// read secrets.
    pub async fn configure_resource(
        &self,
        caller: &Caller,
        organization: &OrgName,
        resource: &AgentResource,
    ) -> Result<(Kept<AgentResource>, bool), Error> {
        if resource.name.is_empty() || resource.operations.is_empty() {
            return Err(Error::invalid("permissions", "must name read, write or both"));
        }
        for _ in 0..ATTEMPTS {
            let tenant = self
                .authorise_organization(caller, CONFIGURE, organization)
                .await?;
            if resource.is_open() {
                self.authorise(caller, READ, &whole(organization)?, None).await?;
            }
            let key = resource.uri.to_string();
            let present = self.present::<AgentResource>(tenant, &key).await?;
            let draft = self.draft(tenant, &key, present, resource.clone(), None)?;
            let event = self.agent_event(caller, CONFIGURE.action, &resource.uri, Outcome::Allowed, None);
            let done = self.try_commit(commit(event, tenant, draft.precondition, draft.write));
            if done.await? {
                return Ok((draft.kept, present.is_none()));
            }
        }
        Err(contended("the resource"))
    }

    /// What can be asked for, oldest first.
    pub async fn agent_resources(
        &self,
        caller: &Caller,
        organization: &OrgName,
    ) -> Result<Vec<Kept<AgentResource>>, Error> {
        let ask = Ask {
            action: "agent-resource.list",
            ..REQUEST
        };
        let tenant = self.authorise_organization(caller, ask, organization).await?;
        let mut all = self.all_kept::<AgentResource>(tenant, None).await?;
        all.sort_by(|a, b| (a.created_at, &a.key).cmp(&(b.created_at, &b.key)));
        let target = format!("coffer://{organization}");
        let event = self.event(caller, ask.action, target, Outcome::Allowed);
        self.store.record(tenant, event).await?;
        Ok(all)
    }

    /// The secrets in `places` that can be asked for, without values. One that two places have is that of the first.
    pub async fn agent_secrets(
        &self,
        caller: &Caller,
        organization: &OrgName,
        places: &[Place],
    ) -> Result<Vec<Visible>, Error> {
        let resources = self.agent_resources(caller, organization).await?;
        let mut found: Vec<Visible> = Vec::new();
        for place in places {
            let Some(located) = self.store.vault(&place.organization, &place.vault).await? else {
                continue;
            };
            for secret in self.environment(&located, place).await?.into_values() {
                let readable = secret.current.is_some() && secret.usable(self.clock.now()).is_ok();
                let uri = resources.iter().find_map(|it| it.body.uri.of_secret(&secret));
                if let Some(uri) = uri.filter(|_| readable)
                    && found.iter().all(|known| known.secret.name != secret.name)
                {
                    let policy = policy(&resources, &uri);
                    found.push(Visible {
                        requires_approval: policy.is_none_or(|it| it.body.requires_approval),
                        uri,
                        secret,
                    });
                }
            }
        }
        Ok(found)
    }

    /// Asks for access. Granted at once where a resource needs no approval or its rule says so.
    pub async fn request_access(
        &self,
        caller: &Caller,
        organization: &OrgName,
        new: NewRequest,
    ) -> Result<Granted, Error> {
        let tenant = self.authorise_organization(caller, REQUEST, organization).await?;
        let Principal::ApiKey(holder) = &caller.principal else {
            return Err(Error::Refused("access is asked for with an API key".to_owned()));
        };
        if !(SHORTEST..=LONGEST).contains(&new.length) {
            return Err(Error::invalid("ttl", "must be 60 to 86400 seconds"));
        }
        let resources = self.all_kept::<AgentResource>(tenant, None).await?;
        let policy = policy(&resources, &new.uri);
        check_reason(&new, policy.map(|it| &it.body))?;
        let now = self.clock.now();
        let verdict = policy
            .filter(|it| is_granted(&it.body, new.operation, &names(&caller.principal), now))
            .map(|_| rule_verdict(now));
        let approval = Approval {
            uri: new.uri,
            operation: new.operation,
            reason: new.reason,
            requester: holder.id,
            requested_by: new
                .requested_by
                .unwrap_or_else(|| format!("key_{}", plain_id(&holder.id.to_string()))),
            requested_at: now,
            expires_at: now.saturating_add(new.length).unwrap_or(Timestamp::MAX),
            verdict,
            used: 0,
        };
        let token = approval
            .verdict
            .as_ref()
            .map(|_| ApiToken::of_form(approval::TOKEN, &*self.entropy).0);
        let digest = token.as_ref().map(|token| self.store.digest(token));
        let key = format!("appr_{}", plain_id(&self.fresh_key("")));
        let event = self.agent_event(
            caller,
            REQUEST.action,
            &approval.uri,
            Outcome::Allowed,
            Some(&key),
        );
        let draft = self.draft(tenant, &key, None, approval, digest)?;
        if self
            .try_commit(commit(event, tenant, draft.precondition, draft.write))
            .await?
        {
            let approval = draft.kept;
            return Ok(Granted { approval, token });
        }
        Err(contended("the request"))
    }

    /// All requests, newest first.
    pub async fn list_approvals(
        &self,
        caller: &Caller,
        organization: &OrgName,
    ) -> Result<Vec<Kept<Approval>>, Error> {
        let ask = Ask {
            action: "approval.list",
            ..REQUEST
        };
        let tenant = self.authorise_organization(caller, ask, organization).await?;
        let mut all = self.all_kept::<Approval>(tenant, None).await?;
        all.reverse();
        let target = format!("coffer://{organization}");
        let event = self.event(caller, ask.action, target, Outcome::Allowed);
        self.store.record(tenant, event).await?;
        Ok(all)
    }

    /// What the audit log says of access by approval: the request it is about stands where versions do.
    pub(super) fn agent_event(
        &self,
        caller: &Caller,
        action: &str,
        uri: &AgentUri,
        outcome: Outcome,
        approval: Option<&str>,
    ) -> AuditEvent {
        let mut event = self.event(caller, action, format!("agent:{uri}"), outcome);
        event.versions.extend(approval.map(str::to_owned));
        event
    }

    pub(super) async fn agent_policies(&self, tenant: OrgId) -> Result<Vec<Kept<AgentResource>>, Error> {
        self.all_kept::<AgentResource>(tenant, None).await
    }
}

/// What is said of a thing: the narrowest of what covers it.
pub(super) fn policy<'a>(
    resources: &'a [Kept<AgentResource>],
    uri: &AgentUri,
) -> Option<&'a Kept<AgentResource>> {
    let covering = resources.iter().filter(|it| it.body.uri.covers(uri));
    covering.max_by_key(|it| it.body.uri.narrowness())
}

/// What a key may be called in rules: its id, with and without a prefix, and its label.
pub(super) fn names(principal: &Principal) -> Vec<String> {
    match principal {
        Principal::ApiKey(key) => vec![
            key.id.to_string(),
            format!("key_{}", plain_id(&key.id.to_string())),
            key.name.to_string(),
        ],
        _ => vec![principal.describe()],
    }
}

/// An id as letters and digits.
pub(super) fn plain_id(id: &str) -> String {
    id.replace('-', "")
}

/// Everything that agents may be let into.
pub(super) fn whole(organization: &OrgName) -> Result<Place, Error> {
    Ok(Place {
        organization: organization.clone(),
        vault: VaultName::new("default")?,
        environment: EnvName::default_environment(),
    })
}

fn is_granted(policy: &AgentResource, operation: Operation, names: &[String], now: Timestamp) -> bool {
    let rule = policy.auto_approve.as_ref();
    !policy.requires_approval || rule.is_some_and(|rule| rule.grants(operation, names, now))
}

fn rule_verdict(now: Timestamp) -> Verdict {
    Verdict {
        granted: true,
        principal: "rule".to_owned(),
        by: "auto-approve".to_owned(),
        reason: None,
        at: now,
    }
}

fn check_reason(new: &NewRequest, policy: Option<&AgentResource>) -> Result<(), Error> {
    let length = new
        .reason
        .as_ref()
        .map_or(0, |reason| reason.trim().chars().count());
    if length > LONGEST_REASON {
        return Err(Error::invalid(
            "reason",
            format!("must not exceed {LONGEST_REASON} characters"),
        ));
    }
    let Some(policy) = policy else {
        return Ok(());
    };
    if !policy.operations.contains(&new.operation) {
        return Err(Error::invalid("operation", "is not among those of the resource"));
    }
    let least = policy.min_reason_length.max(u32::from(policy.require_reason)) as usize;
    if length < least {
        return Err(Error::invalid(
            "reason",
            format!("must have at least {least} characters"),
        ));
    }
    Ok(())
}
