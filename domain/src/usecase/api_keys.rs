//! API keys: create, list, rotate with an overlap, revoke. A token is returned once, when it is made.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{
    ATTEMPTS, Caller, Coffer, MAX_PAGE,
    access::{Ask, not_found},
    contended,
    key_rules::{check_details, check_grants},
};
use crate::{
    Error,
    api_key::{ApiToken, TokenForm},
    audit::Outcome,
    change::{ChangeDraft, Subject},
    entity::{ApiKey, KeyDetails, Owner, PreviousToken, Usage},
    id::{ApiKeyId, OrgId},
    name::{Label, OrgName},
    rights::{Grant, Permission},
    store::{Commit, Precondition, Write},
};

pub use super::key_rules::MAX_GRANTS;

/// What a new key should be.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// A label for people.
    pub name: Label,
    /// What it may do.
    pub grants: Vec<Grant>,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
    /// From when on its end was counted; it then was made at that time. `None`: when it is made.
    pub asked_at: Option<Timestamp>,
    /// The object that manages it.
    pub owner: Option<Owner>,
    /// What the door says of it.
    pub details: KeyDetails,
    /// What its token looks like.
    pub form: TokenForm,
}

impl NewApiKey {
    /// A key of the native door that works until it is revoked.
    pub fn plain(name: Label, grants: Vec<Grant>) -> Self {
        Self {
            name,
            grants,
            expires_at: None,
            asked_at: None,
            owner: None,
            details: KeyDetails::default(),
            form: TokenForm::Native,
        }
    }
}

/// A key with its token, for the one time that this is shown.
#[derive(Debug)]
pub struct IssuedKey {
    /// The key.
    pub key: ApiKey,
    /// Its token.
    pub token: ApiToken,
}

const MANAGE: Ask = Ask {
    permission: Permission::ManageKeys,
    action: "key.write",
};

impl Coffer {
    /// A new key, with no right that its maker lacks.
    pub async fn create_api_key(
        &self,
        caller: &Caller,
        organization: &OrgName,
        new: NewApiKey,
    ) -> Result<IssuedKey, Error> {
        let ask = Ask {
            action: "key.create",
            ..MANAGE
        };
        let tenant = self.authorise_organization(caller, ask, organization).await?;
        self.check_new(caller, &new)?;
        check_details(caller, &new.details)?;
        let issued = self.issue(tenant, new);
        self.keep_issued(caller, ask.action, issued).await
    }

    /// Commits a key that is new.
    pub(super) async fn keep_issued(
        &self,
        caller: &Caller,
        action: &str,
        issued: IssuedKey,
    ) -> Result<IssuedKey, Error> {
        // The id is fresh: nothing can stand in the way.
        let commit = self.key_commit(caller, action, &issued.key, Vec::new());
        if self.try_commit(commit).await? {
            Ok(issued)
        } else {
            Err(contended("the API key"))
        }
    }

    /// The keys of an organization, by id, after `after`.
    pub async fn list_api_keys(
        &self,
        caller: &Caller,
        organization: &OrgName,
        after: Option<ApiKeyId>,
        limit: u32,
    ) -> Result<Vec<ApiKey>, Error> {
        let ask = Ask {
            action: "key.list",
            ..MANAGE
        };
        let tenant = self.authorise_organization(caller, ask, organization).await?;
        let keys = self.store.api_keys(tenant, after, limit.min(MAX_PAGE)).await?;
        let event = self.event(
            caller,
            ask.action,
            format!("coffer://{organization}"),
            Outcome::Allowed,
        );
        self.store.record(tenant, event).await?;
        Ok(keys)
    }

    /// One key.
    pub async fn get_api_key(
        &self,
        caller: &Caller,
        organization: &OrgName,
        id: ApiKeyId,
    ) -> Result<ApiKey, Error> {
        self.manageable_key(
            caller,
            Ask {
                action: "key.read",
                ..MANAGE
            },
            organization,
            id,
        )
        .await
    }

    /// A new token for a key; the old one works for `overlap` more.
    pub async fn rotate_api_key(
        &self,
        caller: &Caller,
        organization: &OrgName,
        id: ApiKeyId,
        overlap: Duration,
    ) -> Result<IssuedKey, Error> {
        self.replace_token(caller, organization, id, overlap, false).await
    }

    /// The present token becomes the previous one; with `keep_previous`, the one before it stays that, and
    /// the present one ends.
    pub(super) async fn replace_token(
        &self,
        caller: &Caller,
        organization: &OrgName,
        id: ApiKeyId,
        overlap: Duration,
        keep_previous: bool,
    ) -> Result<IssuedKey, Error> {
        let ask = Ask {
            action: "key.rotate",
            ..MANAGE
        };
        for _ in 0..ATTEMPTS {
            let mut present = self.manageable_key(caller, ask, organization, id).await?;
            if present.revoked_at.is_some() {
                return Err(Error::Conflict(format!(
                    "API key {id} is revoked; create a new one"
                )));
            }
            let works = |previous: &PreviousToken| previous.valid_until > self.clock.now();
            if let Some(previous) = present.previous.take().filter(|it| keep_previous && works(it)) {
                present.digest = previous.digest;
            }
            let revision = present.revision;
            let issued = self.rotated(present, overlap)?;
            let precondition = vec![Precondition::ApiKey(id, revision)];
            if self
                .try_commit(self.key_commit(caller, ask.action, &issued.key, precondition))
                .await?
            {
                return Ok(issued);
            }
        }
        Err(contended("the API key"))
    }

    /// Ends a key at once, its previous token too. Ending it again changes nothing.
    pub async fn revoke_api_key(
        &self,
        caller: &Caller,
        organization: &OrgName,
        id: ApiKeyId,
    ) -> Result<ApiKey, Error> {
        let ask = Ask {
            action: "key.revoke",
            ..MANAGE
        };
        for _ in 0..ATTEMPTS {
            let key = self.manageable_key(caller, ask, organization, id).await?;
            if let Some(key) = self.end_key(caller, ask.action, key, None).await? {
                return Ok(key);
            }
        }
        Err(contended("the API key"))
    }

    /// Revokes a key as it was read; `None` if it has changed since. One that is revoked stays as it is.
    pub(super) async fn end_key(
        &self,
        caller: &Caller,
        action: &str,
        mut key: ApiKey,
        because: Option<&str>,
    ) -> Result<Option<ApiKey>, Error> {
        if key.revoked_at.is_some() {
            return Ok(Some(key));
        }
        let precondition = vec![Precondition::ApiKey(key.id, key.revision)];
        key.revision += 1;
        key.revoked_at = Some(self.clock.now());
        key.previous = None;
        key.details.revoked_because = because.map(str::to_owned);
        let commit = self.key_commit(caller, action, &key, precondition);
        Ok(self.try_commit(commit).await?.then_some(key))
    }

    /// Makes a key's grants and expiry what its custom resource says.
    pub async fn update_api_key(
        &self,
        caller: &Caller,
        organization: &OrgName,
        id: ApiKeyId,
        grants: Vec<Grant>,
        expires_at: Option<Timestamp>,
    ) -> Result<ApiKey, Error> {
        let ask = Ask {
            action: "key.update",
            ..MANAGE
        };
        check_grants(caller, &grants)?;
        for _ in 0..ATTEMPTS {
            let mut key = self.manageable_key(caller, ask, organization, id).await?;
            if key.grants == grants && key.expires_at == expires_at {
                return Ok(key);
            }
            let precondition = vec![Precondition::ApiKey(id, key.revision)];
            key = ApiKey {
                grants: grants.clone(),
                expires_at,
                revision: key.revision + 1,
                ..key
            };
            if self
                .try_commit(self.key_commit(caller, ask.action, &key, precondition))
                .await?
            {
                return Ok(key);
            }
        }
        Err(contended("the API key"))
    }

    async fn manageable_key(
        &self,
        caller: &Caller,
        ask: Ask,
        organization: &OrgName,
        id: ApiKeyId,
    ) -> Result<ApiKey, Error> {
        let tenant = self.authorise_organization(caller, ask, organization).await?;
        let key = self
            .store
            .api_key(id)
            .await?
            .filter(|key| key.organization == tenant);
        key.ok_or_else(|| not_found("API key", id.to_string()))
    }

    pub(super) fn check_new(&self, caller: &Caller, new: &NewApiKey) -> Result<(), Error> {
        self.check_end(new)?;
        check_grants(caller, &new.grants)
    }

    pub(super) fn check_end(&self, new: &NewApiKey) -> Result<(), Error> {
        if new.expires_at.is_some_and(|end| end <= self.clock.now()) {
            return Err(Error::invalid("expiresAt", "must lie in the future"));
        }
        Ok(())
    }

    pub(super) fn issue(&self, organization: OrgId, new: NewApiKey) -> IssuedKey {
        let (token, shown) = ApiToken::of_form(new.form, &*self.entropy);
        let now = new.asked_at.unwrap_or_else(|| self.clock.now());
        let key = ApiKey {
            id: ApiKeyId::fresh(&*self.clock, &*self.entropy),
            organization,
            name: new.name,
            digest: self.store.digest(&token),
            previous: None,
            grants: new.grants,
            owner: new.owner,
            created_at: now,
            rotated_at: now,
            expires_at: new.expires_at,
            revoked_at: None,
            details: KeyDetails { shown, ..new.details },
            usage: Usage::default(),
            revision: 1,
        };
        IssuedKey { key, token }
    }

    fn rotated(&self, present: ApiKey, overlap: Duration) -> Result<IssuedKey, Error> {
        let too_long = |_| Error::invalid("overlap", "is too long");
        let now = self.clock.now();
        let valid_until = now
            .checked_add(SignedDuration::try_from(overlap).map_err(too_long)?)
            .map_err(too_long)?;
        let token = ApiToken::fresh(&*self.entropy);
        let key = ApiKey {
            digest: self.store.digest(&token),
            previous: (!overlap.is_zero()).then_some(PreviousToken {
                digest: present.digest,
                valid_until,
            }),
            rotated_at: now,
            revision: present.revision + 1,
            ..present
        };
        Ok(IssuedKey { key, token })
    }

    pub(super) fn key_commit(
        &self,
        caller: &Caller,
        action: &str,
        key: &ApiKey,
        preconditions: Vec<Precondition>,
    ) -> Commit {
        Commit {
            organization: key.organization,
            preconditions,
            writes: vec![Write::ApiKey(key.clone())],
            audit: self.event(caller, action, format!("key:{}", key.id), Outcome::Allowed),
            changes: vec![ChangeDraft {
                subject: Subject::ApiKey { key: key.id },
                at: self.clock.now(),
            }],
        }
    }
}
