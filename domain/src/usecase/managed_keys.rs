//! API keys as doors with finer rights manage them: reading, writing and revoking are rights of their own, a key can be
//! changed, and one can be succeeded by another with an overlap. Nobody changes or succeeds a key that has more rights
//! than they have: its successor's token would be theirs.

use jiff::{SignedDuration, Timestamp};

use std::sync::Arc;

use super::{
    ATTEMPTS, Caller, Coffer,
    access::{Ask, not_found},
    api_keys::{IssuedKey, NewApiKey},
    contended,
    key_rules::{check_details, check_grants},
};
use crate::{
    Error,
    api_key::{ApiToken, TokenForm},
    audit::Outcome,
    change::{ChangeDraft, Subject},
    entity::{ApiKey, KeyProfile, KeyRate, Purpose},
    id::{ApiKeyId, OrgId},
    name::OrgName,
    principal::Principal,
    request_log::{RequestFilter, RequestLine},
    rights::Permission,
    store::{Precondition, Write},
};

const READ: Ask = Ask {
    permission: Permission::ReadKeys,
    action: "key.read",
};
const WRITE: Ask = Ask {
    permission: Permission::WriteKeys,
    action: "key.update",
};

/// Where a key is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStage {
    /// It works.
    Active,
    /// It works for a while beside its successor.
    Rotating,
    /// Its time is over.
    Expired,
    /// Somebody ended it.
    Revoked,
}

impl KeyStage {
    /// Of a key at `now`.
    pub fn of(key: &ApiKey, now: Timestamp) -> Self {
        let succeeded = key
            .details
            .profile
            .as_ref()
            .is_some_and(|it| it.successor.is_some());
        if key.revoked_at.is_some() {
            Self::Revoked
        } else if key.expires_at.is_some_and(|end| end <= now) {
            Self::Expired
        } else if succeeded {
            Self::Rotating
        } else {
            Self::Active
        }
    }
}

/// Who a request is counted as, and how often they may come.
#[derive(Debug, Clone)]
pub struct Counted {
    /// The key's organization.
    pub organization: OrgId,
    /// The key.
    pub principal: Principal,
    /// Its own rate, if it has one.
    pub rate: Option<KeyRate>,
}

impl Coffer {
    /// A new key, with no right that its maker lacks.
    pub async fn create_managed_key(
        &self,
        caller: &Caller,
        organization: &OrgName,
        new: NewApiKey,
    ) -> Result<IssuedKey, Error> {
        let ask = Ask {
            action: "key.create",
            ..WRITE
        };
        let tenant = self.authorise_organization(caller, ask, organization).await?;
        self.check_new(caller, &new)?;
        check_details(caller, &new.details)?;
        let issued = self.issue(tenant, new);
        self.keep_issued(caller, ask.action, issued).await
    }

    /// The keys that are for whatever their grants say, revoked ones too, oldest first.
    pub async fn list_managed_keys(
        &self,
        caller: &Caller,
        organization: &OrgName,
    ) -> Result<Vec<ApiKey>, Error> {
        let ask = Ask {
            action: "key.list",
            ..READ
        };
        let tenant = self.authorise_organization(caller, ask, organization).await?;
        let mut keys = self.keys_of(tenant).await?;
        keys.retain(is_managed);
        let target = format!("coffer://{organization}");
        let event = self.event(caller, ask.action, target, Outcome::Allowed);
        self.store.record(tenant, event).await?;
        Ok(keys)
    }

    /// One of them.
    pub async fn managed_key(
        &self,
        caller: &Caller,
        organization: &OrgName,
        id: ApiKeyId,
    ) -> Result<ApiKey, Error> {
        let (tenant, key) = self.one_key(caller, READ, organization, id).await?;
        let event = self.event(caller, READ.action, format!("key:{id}"), Outcome::Allowed);
        self.store.record(tenant, event).await?;
        Ok(key)
    }

    /// Makes of a key what `change` makes of it: its name, grants, end and details, and nothing else of it.
    pub async fn amend_key(
        &self,
        caller: &Caller,
        organization: &OrgName,
        id: ApiKeyId,
        change: &(dyn Fn(ApiKey) -> Result<ApiKey, Error> + Send + Sync),
    ) -> Result<ApiKey, Error> {
        for _ in 0..ATTEMPTS {
            let (_, present) = self.one_key(caller, WRITE, organization, id).await?;
            check_open(&present)?;
            check_grants(caller, &present.grants)?;
            let wanted = change(present.clone())?;
            check_grants(caller, &wanted.grants)?;
            let changed = ApiKey {
                name: wanted.name,
                grants: wanted.grants,
                expires_at: wanted.expires_at,
                details: wanted.details,
                revision: present.revision + 1,
                ..present.clone()
            };
            let expected = vec![Precondition::ApiKey(id, present.revision)];
            let commit = self.key_commit(caller, WRITE.action, &changed, expected);
            if self.try_commit(commit).await? {
                return Ok(changed);
            }
        }
        Err(contended("the API key"))
    }

    /// A key that takes another's place, with its rights, limits and end; the old one works for `overlap` more, and no
    /// longer than it would have. The old key as it is now, and the new one.
    pub async fn succeed_key(
        &self,
        caller: &Caller,
        organization: &OrgName,
        id: ApiKeyId,
        overlap: SignedDuration,
        form: TokenForm,
    ) -> Result<(ApiKey, IssuedKey), Error> {
        let ask = Ask {
            action: "key.rotate",
            ..WRITE
        };
        for _ in 0..ATTEMPTS {
            let (tenant, present) = self.one_key(caller, ask, organization, id).await?;
            check_open(&present)?;
            check_grants(caller, &present.grants)?;
            let now = self.clock.now();
            if KeyStage::of(&present, now) != KeyStage::Active {
                let reason = format!("API key {id} is rotating or has expired already");
                return Err(Error::Conflict(reason));
            }
            let issued = self.issue(tenant, successor(&present, form));
            let until = now
                .checked_add(overlap)
                .map_err(|_| Error::invalid("transitionPeriod", "is too long"))?;
            let mut old = ApiKey {
                expires_at: Some(present.expires_at.map_or(until, |end| end.min(until))),
                revision: present.revision + 1,
                ..present.clone()
            };
            let mut profile = old.details.profile.take().unwrap_or_default();
            profile.successor = Some(issued.key.id);
            old.details.profile = Some(profile);
            let expected = vec![Precondition::ApiKey(id, present.revision)];
            let mut commit = self.key_commit(caller, ask.action, &old, expected);
            commit.writes.push(Write::ApiKey(issued.key.clone()));
            let subject = Subject::ApiKey { key: issued.key.id };
            commit.changes.push(ChangeDraft { subject, at: now });
            if self.try_commit(commit).await? {
                return Ok((old, issued));
            }
        }
        Err(contended("the API key"))
    }

    /// Ends a key at once. Ending it again changes nothing.
    pub async fn revoke_managed_key(
        &self,
        caller: &Caller,
        organization: &OrgName,
        id: ApiKeyId,
    ) -> Result<ApiKey, Error> {
        let ask = Ask {
            permission: Permission::RevokeKeys,
            action: "key.revoke",
        };
        for _ in 0..ATTEMPTS {
            let (_, key) = self.one_key(caller, ask, organization, id).await?;
            if let Some(key) = self.end_key(caller, ask.action, key, None).await? {
                return Ok(key);
            }
        }
        Err(contended("the API key"))
    }

    /// The lines of the request log that a key left, oldest first.
    pub async fn key_requests(
        &self,
        caller: &Caller,
        organization: &OrgName,
        id: ApiKeyId,
        filter: &RequestFilter,
    ) -> Result<Vec<RequestLine>, Error> {
        let (tenant, _) = self.one_key(caller, READ, organization, id).await?;
        let who = format!("key:{id}");
        let wanted = |line: &RequestLine| line.principal == who && filter.takes(line);
        let found = self.lines_of(tenant, "", wanted).await?;
        Ok(found.into_iter().map(Arc::unwrap_or_clone).collect())
    }

    /// Whose token it is, and how often it may be used; `None` if it is nobody's. Nothing is allowed by this.
    pub async fn counted_as(&self, token: &str) -> Result<Option<Counted>, Error> {
        let Some(token) = ApiToken::parse(token) else {
            return Ok(None);
        };
        let Some(known) = self.held_key(&token).await? else {
            return Ok(None);
        };
        let key = &known.key;
        Ok(Some(Counted {
            organization: key.organization,
            principal: Principal::ApiKey(Arc::clone(&known.holder)),
            rate: key
                .details
                .profile
                .as_ref()
                .and_then(|profile| profile.rate.clone()),
        }))
    }

    async fn one_key(
        &self,
        caller: &Caller,
        ask: Ask,
        organization: &OrgName,
        id: ApiKeyId,
    ) -> Result<(OrgId, ApiKey), Error> {
        let tenant = self.authorise_organization(caller, ask, organization).await?;
        let found = self.store.api_key(id).await?;
        let found = found.filter(|key| key.organization == tenant && is_managed(key));
        let key = found.ok_or_else(|| not_found("API key", id.to_string()))?;
        Ok((tenant, key))
    }

    /// The profile of the key that a caller came with.
    pub async fn own_profile(&self, caller: &Caller) -> Result<Option<KeyProfile>, Error> {
        let Principal::ApiKey(holder) = &caller.principal else {
            return Ok(None);
        };
        let key = self.store.api_key(holder.id).await?;
        Ok(key.and_then(|key| key.details.profile).map(|profile| *profile))
    }
}

fn is_managed(key: &ApiKey) -> bool {
    key.details.purpose == Purpose::General && key.details.user.is_none()
}

/// What is over does not change, and what an object manages changes there.
fn check_open(key: &ApiKey) -> Result<(), Error> {
    if key.revoked_at.is_some() {
        let reason = format!("API key {} is revoked; create a new one", key.id);
        return Err(Error::Conflict(reason));
    }
    match &key.owner {
        Some(owner) => Err(Error::Managed {
            what: format!("API key {}", key.id),
            owner: owner.clone(),
        }),
        None => Ok(()),
    }
}

fn successor(present: &ApiKey, form: TokenForm) -> NewApiKey {
    NewApiKey {
        name: present.name.clone(),
        grants: present.grants.clone(),
        expires_at: present.expires_at,
        asked_at: None,
        owner: None,
        details: present.details.clone(),
        form,
    }
}
