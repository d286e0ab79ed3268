//! Making use of granted access: one secret's value, to whoever holds a token that is good for it now.

use std::sync::Arc;

use super::{
    ATTEMPTS, Caller, Coffer,
    access::{Ask, not_found},
    approvals::policy,
    contended,
    documents::{commit, missing as absent, read_found},
};
use crate::{
    Error,
    address::Place,
    api_key::ApiToken,
    approval::{AgentUri, Approval, Operation, Stage},
    audit::{AuditEvent, Outcome},
    entity::{Organization, Purpose},
    id::OrgId,
    name::{OrgName, SecretName},
    principal::{KeyHolder, Principal},
    record::{Document, Kept},
    rights::Permission,
    store::LocatedVault,
};

use super::secrets::Read;

const USE: Ask = Ask {
    permission: Permission::RequestAccess,
    action: "approval.use",
};

/// What came of asking for a value.
#[derive(Debug)]
pub enum Access {
    /// Here it is.
    Given(Box<Accessed>),
    /// Only with a token that is good for it.
    NeedsApproval,
}

/// A value that was given.
#[derive(Debug)]
pub struct Accessed {
    /// As it was asked for.
    pub uri: AgentUri,
    /// The value.
    pub read: Read,
    /// How often the approval was made use of, this time included; `None`: it took none.
    pub used: Option<u64>,
}

impl Coffer {
    /// Whose request a token for approved access was granted on, and where, while it is good. The principal has none of
    /// its key's rights: what it may do is what the token opens.
    pub async fn access_of(&self, token: &str) -> Result<Option<(Principal, Organization)>, Error> {
        let Some(found) = self.granted(token).await? else {
            return Ok(None);
        };
        let organization = self.store.organization_by_id(found.organization).await?;
        let key = self.store.api_key(found.body.requester).await?;
        Ok(key.zip(organization).map(|(key, organization)| {
            let holder = KeyHolder {
                id: key.id,
                name: key.name,
                organization: key.organization,
                also: Arc::default(),
                whole_account: false,
                purpose: Purpose::General,
                user: None,
                scopes: None,
                grants: Vec::new(),
            };
            (Principal::ApiKey(Arc::new(holder)), organization)
        }))
    }

    /// The value of the secret that `uri` names, in the first of `places` that has it. By a token; without, only where
    /// a resource needs no approval, and then by the caller's own right to ask.
    pub async fn use_access(
        &self,
        caller: &Caller,
        places: &[Place],
        uri: &AgentUri,
        token: Option<&str>,
    ) -> Result<Access, Error> {
        let Some(organization) = places.first().map(|place| &place.organization) else {
            return Err(missing(uri));
        };
        let granted = match token {
            Some(token) => self.granted(token).await?,
            None => None,
        };
        let tenant = match &granted {
            Some(granted) => self.tenant_of(granted, organization).await?,
            None => Some(self.authorise_organization(caller, USE, organization).await?),
        };
        match tenant {
            Some(tenant) => self.open_access(caller, tenant, (places, uri), granted).await,
            None => Ok(Access::NeedsApproval),
        }
    }

    /// The same, where a token is good for nobody but the key that asked for it, and that key must still have the right
    /// to ask.
    pub async fn use_own_access(
        &self,
        caller: &Caller,
        places: &[Place],
        uri: &AgentUri,
        token: Option<&str>,
    ) -> Result<Access, Error> {
        let Some(organization) = places.first().map(|place| &place.organization) else {
            return Err(missing(uri));
        };
        let tenant = self.authorise_organization(caller, USE, organization).await?;
        let granted = match token {
            Some(token) => self.granted(token).await?,
            None => None,
        };
        let own = granted.filter(|it| it.organization == tenant && is_own(caller, &it.body));
        self.open_access(caller, tenant, (places, uri), own).await
    }

    /// A request that the caller made; those of others are not there.
    pub async fn own_approval(
        &self,
        caller: &Caller,
        organization: &OrgName,
        id: &str,
    ) -> Result<Kept<Approval>, Error> {
        let found = self.get_document::<Approval>(caller, organization, id).await?;
        if is_own(caller, &found.body) {
            return Ok(found);
        }
        Err(absent::<Approval>(id))
    }

    /// What a request that is good, or a resource that takes none, opens.
    async fn open_access(
        &self,
        caller: &Caller,
        tenant: OrgId,
        (places, uri): (&[Place], &AgentUri),
        granted: Option<Kept<Approval>>,
    ) -> Result<Access, Error> {
        let good = granted.filter(|it| it.body.operation == Operation::Read && it.body.uri.covers(uri));
        if good.is_none() && !self.is_free(tenant, uri).await? {
            let event = self.agent_event(caller, USE.action, uri, Outcome::Denied, None);
            self.store.record(tenant, event).await?;
            return Ok(Access::NeedsApproval);
        }
        let (located, place, name) = self.agent_secret(places, uri).await?;
        let opened = self.store.open(&located, &place.environment, &name, None).await?;
        let address = place.secret(name);
        let opened = opened.ok_or_else(|| missing(uri))?;
        let read = super::secrets::opened(opened, &address)?;
        let used = if let Some(good) = &good {
            Some(self.note_use(caller, good, uri).await?)
        } else {
            let event = self.agent_event(caller, USE.action, uri, Outcome::Allowed, None);
            self.store.record(tenant, event).await?;
            None
        };
        let mut event = self.event(caller, "secret.read", address.to_string(), Outcome::Allowed);
        event.versions.push(read.meta.version.to_string());
        if let Some(good) = &good {
            event.principal = format!("key:{}", good.body.requester);
        }
        self.store.record(tenant, event).await?;
        let uri = uri.clone();
        Ok(Access::Given(Box::new(Accessed { uri, read, used })))
    }

    async fn tenant_of(&self, granted: &Kept<Approval>, asked: &OrgName) -> Result<Option<OrgId>, Error> {
        let organization = self.store.organization(asked).await?;
        Ok(organization
            .map(|organization| organization.id)
            .filter(|id| *id == granted.organization))
    }

    /// The request that a token was granted on, while it is good: approved, not over, its key still a working one.
    async fn granted(&self, token: &str) -> Result<Option<Kept<Approval>>, Error> {
        let Some(token) = ApiToken::parse(token) else {
            return Ok(None);
        };
        let digest = self.store.digest(&token);
        let Some(record) = self.store.record_by_digest(Approval::COLLECTION, &digest).await? else {
            return Ok(None);
        };
        let found: Kept<Approval> = read_found(&record)?;
        let now = self.clock.now();
        if found.body.stage(now) != Stage::Approved {
            return Ok(None);
        }
        let key = self.store.api_key(found.body.requester).await?;
        let works = |key: &crate::entity::ApiKey| {
            key.revoked_at.is_none() && key.expires_at.is_none_or(|end| now < end)
        };
        Ok(key.is_some_and(|key| works(&key)).then_some(found))
    }

    async fn is_free(&self, tenant: OrgId, uri: &AgentUri) -> Result<bool, Error> {
        let resources = self.agent_policies(tenant).await?;
        Ok(policy(&resources, uri)
            .is_some_and(|it| !it.body.requires_approval && it.body.operations.contains(&Operation::Read)))
    }

    async fn agent_secret(
        &self,
        places: &[Place],
        uri: &AgentUri,
    ) -> Result<(LocatedVault, Place, SecretName), Error> {
        let (_, name) = uri.secret().ok_or_else(|| missing(uri))?;
        let name = SecretName::new(name).map_err(|_| missing(uri))?;
        for place in places {
            let Some(located) = self.store.vault(&place.organization, &place.vault).await? else {
                continue;
            };
            let found = self
                .store
                .secret(located.vault.id, &place.environment, &name)
                .await?;
            if let Some(secret) = found.filter(|secret| uri.of_secret(secret).is_some()) {
                self.check_usable(&secret, &place.secret(name.clone()))?;
                return Ok((located, place.clone(), name));
            }
        }
        Err(missing(uri))
    }

    /// Counts one use, in one commit with the event that tells of it.
    async fn note_use(&self, caller: &Caller, good: &Kept<Approval>, uri: &AgentUri) -> Result<u64, Error> {
        let (tenant, key) = (good.organization, &good.key);
        for _ in 0..ATTEMPTS {
            let record = self
                .store
                .record_by_key(tenant, Approval::COLLECTION, key)
                .await?;
            let record = record.ok_or_else(|| missing(uri))?;
            let digest = record.head().digest;
            let found: Kept<Approval> = read_found(&record)?;
            let used = found.body.used + 1;
            let event: AuditEvent = {
                let mut event = self.agent_event(caller, USE.action, uri, Outcome::Allowed, Some(key));
                event.principal = format!("key:{}", good.body.requester);
                event
            };
            let present = Some((found.revision, found.created_at));
            let body = Approval { used, ..found.body };
            let draft = self.draft(tenant, key, present, body, digest)?;
            let done = self.try_commit(commit(event, tenant, draft.precondition, draft.write));
            if done.await? {
                return Ok(used);
            }
        }
        Err(contended("the approval"))
    }
}

fn missing(uri: &AgentUri) -> Error {
    not_found("resource", uri.to_string())
}

fn is_own(caller: &Caller, approval: &Approval) -> bool {
    matches!(&caller.principal, Principal::ApiKey(key) if key.id == approval.requester)
}
