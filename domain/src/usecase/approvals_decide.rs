//! Deciding on requests for access.

use super::{
    ATTEMPTS, Caller, Coffer,
    access::Ask,
    approvals::{Granted, READ, names, policy, whole},
    contended,
    documents::{commit, missing},
};
use crate::{
    Error,
    api_key::ApiToken,
    approval::{self, Approval, Stage, Verdict},
    audit::Outcome,
    name::OrgName,
    principal::Principal,
    record::Kept,
    rights::Permission,
};

/// A decision to be made.
#[derive(Debug, Clone)]
pub struct NewVerdict {
    /// Whether to grant it.
    pub grant: bool,
    /// Why.
    pub reason: Option<String>,
    /// Who decides, as they call themselves; the principal without.
    pub by: Option<String>,
}

impl Coffer {
    /// Decides on a request, once. A request of one's own takes the right to read secrets besides, and a resource may
    /// name who decides.
    pub async fn decide_access(
        &self,
        caller: &Caller,
        organization: &OrgName,
        id: &str,
        new: &NewVerdict,
    ) -> Result<Granted, Error> {
        let ask = Ask {
            permission: Permission::DecideAccess,
            action: if new.grant {
                "approval.grant"
            } else {
                "approval.deny"
            },
        };
        for _ in 0..ATTEMPTS {
            let tenant = self.authorise_organization(caller, ask, organization).await?;
            let found = self.kept::<Approval>(tenant, id).await?;
            let found = found.ok_or_else(|| missing::<Approval>(id))?;
            let now = self.clock.now();
            match found.body.stage(now) {
                Stage::Pending => {}
                Stage::Expired => return Err(Error::Conflict("the request has expired".to_owned())),
                Stage::Approved | Stage::Denied => {
                    return Err(Error::Conflict("the request is decided already".to_owned()));
                }
            }
            self.check_decider(caller, organization, &found, new.grant)
                .await?;
            let verdict = Verdict {
                granted: new.grant,
                principal: caller.principal.describe(),
                by: new.by.clone().unwrap_or_else(|| own_name(caller)),
                reason: new.reason.clone(),
                at: now,
            };
            let body = Approval {
                verdict: Some(verdict),
                ..found.body.clone()
            };
            let token = new
                .grant
                .then(|| ApiToken::of_form(approval::TOKEN, &*self.entropy).0);
            let digest = token.as_ref().map(|token| self.store.digest(token));
            let event = self.agent_event(caller, ask.action, &body.uri, Outcome::Allowed, Some(id));
            let present = Some((found.revision, found.created_at));
            let draft = self.draft(tenant, id, present, body, digest)?;
            let done = self.try_commit(commit(event, tenant, draft.precondition, draft.write));
            if done.await? {
                let approval = draft.kept;
                return Ok(Granted { approval, token });
            }
        }
        Err(contended("the request"))
    }

    async fn check_decider(
        &self,
        caller: &Caller,
        organization: &OrgName,
        found: &Kept<Approval>,
        grant: bool,
    ) -> Result<(), Error> {
        let resources = self.agent_policies(found.organization).await?;
        let approvers = policy(&resources, &found.body.uri).map(|it| &it.body.approvers);
        let known = names(&caller.principal);
        if approvers.is_some_and(|all| !all.is_empty() && !all.iter().any(|it| known.contains(it))) {
            return Err(Error::Forbidden {
                permission: Permission::DecideAccess,
                target: format!("agent:{}", found.body.uri),
            });
        }
        let own = matches!(&caller.principal, Principal::ApiKey(key) if key.id == found.body.requester);
        if own && grant {
            self.authorise(caller, READ, &whole(organization)?, None).await?;
        }
        Ok(())
    }
}

fn own_name(caller: &Caller) -> String {
    let known = names(&caller.principal);
    known
        .into_iter()
        .nth(1)
        .unwrap_or_else(|| caller.principal.describe())
}
