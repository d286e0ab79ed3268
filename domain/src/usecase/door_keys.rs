//! Keys that doors make for one thing: to read one vault, or one public secret, or to act for a user.

use std::collections::BTreeSet;

use super::{
    ATTEMPTS, Caller, Coffer, MAX_PAGE,
    access::{Ask, not_found},
    api_keys::{IssuedKey, NewApiKey},
    contended,
};
use crate::{
    Error,
    address::Address,
    api_key::TokenForm,
    audit::Outcome,
    change::{ChangeDraft, Subject},
    entity::{ApiKey, KeyDetails, Purpose, Secret, Vault},
    id::{ApiKeyId, OrgId},
    metadata::Metadata,
    name::{Label, OrgName, VaultName},
    network::Cidr,
    pattern::Pattern,
    principal::{Principal, User},
    repo_role::Scope,
    rights::{Grant, Permission},
    store::{Commit, LocatedVault, Precondition, Write},
};

/// What a door's key looks like.
#[derive(Debug, Clone, Copy)]
pub struct DoorKey {
    /// The dialect.
    pub door: &'static str,
    /// Its tokens.
    pub form: TokenForm,
}

/// A key that acts for a user.
#[derive(Debug, Clone)]
pub struct NewUserKey {
    /// A label for people.
    pub name: Label,
    /// What it is cut down to.
    pub scopes: BTreeSet<Scope>,
    /// From where it works; none: from everywhere.
    pub allowed: Vec<Cidr>,
    /// When it stops working.
    pub expires_at: Option<jiff::Timestamp>,
}

const OF_VAULT: Ask = Ask {
    permission: Permission::ManageVaults,
    action: "vault.key.create",
};

impl Coffer {
    /// A key that reads one vault and nothing else, made by who manages the vault.
    pub async fn create_vault_key(
        &self,
        caller: &Caller,
        (organization, vault): (&OrgName, &VaultName),
        name: Label,
        door: DoorKey,
    ) -> Result<IssuedKey, Error> {
        let located = self
            .authorise_vault(caller, OF_VAULT, organization, vault)
            .await?;
        let grant = Grant {
            permissions: [Permission::Read, Permission::List].into(),
            vault: Pattern::new(vault.as_str()),
            environment: Pattern::any(),
            names: vec![Pattern::any()],
        };
        let new = one_purpose(name, grant, Purpose::Vault(located.vault.id), door);
        let issued = self.issue(located.organization.id, new);
        self.keep_issued(caller, OF_VAULT.action, issued).await
    }

    /// The keys of one vault, revoked ones left out, oldest first.
    pub async fn list_vault_keys(
        &self,
        caller: &Caller,
        organization: &OrgName,
        vault: &VaultName,
    ) -> Result<Vec<ApiKey>, Error> {
        let ask = Ask {
            action: "vault.key.list",
            ..OF_VAULT
        };
        let located = self.authorise_vault(caller, ask, organization, vault).await?;
        let keys = self.keys_for(&located, Purpose::Vault(located.vault.id)).await?;
        let target = format!("coffer://{organization}/{vault}");
        let event = self.event(caller, ask.action, target, Outcome::Allowed);
        self.store.record(located.organization.id, event).await?;
        Ok(keys)
    }

    /// Ends a key of one vault at once.
    pub async fn revoke_vault_key(
        &self,
        caller: &Caller,
        organization: &OrgName,
        vault: &VaultName,
        id: ApiKeyId,
    ) -> Result<ApiKey, Error> {
        let ask = Ask {
            action: "vault.key.revoke",
            ..OF_VAULT
        };
        for _ in 0..ATTEMPTS {
            let located = self.authorise_vault(caller, ask, organization, vault).await?;
            let purpose = Purpose::Vault(located.vault.id);
            let found = self.store.api_key(id).await?;
            let found = found.filter(|key| {
                key.organization == located.organization.id
                    && key.details.purpose == purpose
                    && key.revoked_at.is_none()
            });
            let key = found.ok_or_else(|| not_found("API key", id.to_string()))?;
            if let Some(key) = self.end_key(caller, ask.action, key, None).await? {
                return Ok(key);
            }
        }
        Err(contended("the API key"))
    }

    /// Makes a key or certificate public: a token is made that reads it and nothing else, and any made before ends.
    pub async fn publish_secret(
        &self,
        caller: &Caller,
        address: &Address,
        door: DoorKey,
    ) -> Result<(Secret, IssuedKey), Error> {
        for _ in 0..ATTEMPTS {
            let (located, present) = self
                .present_secret(caller, publishing("secret.publish"), address)
                .await?;
            if present.described().kind == crate::metadata::Kind::Value {
                return Err(Error::Refused(format!(
                    "{address} is neither a key nor a certificate: no other secret is ever public"
                )));
            }
            let grant = Grant {
                permissions: [Permission::Read].into(),
                vault: Pattern::new(address.place.vault.as_str()),
                environment: Pattern::new(address.place.environment.as_str()),
                names: vec![Pattern::new(address.name.as_str())],
            };
            let label = Label::new(format!("public {}", present.id))?;
            let new = one_purpose(label, grant, Purpose::Item(present.id), door);
            let issued = self.issue(located.organization.id, new);
            let changed = made_public(&present, true);
            let mut commit = self
                .publication(caller, "secret.publish", address, (&located, &present), &changed)
                .await?;
            commit.writes.push(Write::ApiKey(issued.key.clone()));
            if self.try_commit(commit).await? {
                return Ok((changed, issued));
            }
        }
        Err(contended(address))
    }

    /// Ends every token that reads a public key or certificate.
    pub async fn unpublish_secret(&self, caller: &Caller, address: &Address) -> Result<Secret, Error> {
        for _ in 0..ATTEMPTS {
            let (located, present) = self
                .present_secret(caller, publishing("secret.unpublish"), address)
                .await?;
            let changed = made_public(&present, false);
            let commit = self
                .publication(
                    caller,
                    "secret.unpublish",
                    address,
                    (&located, &present),
                    &changed,
                )
                .await?;
            if self.try_commit(commit).await? {
                return Ok(changed);
            }
        }
        Err(contended(address))
    }

    /// `present` becomes `changed`, and its tokens end.
    async fn publication(
        &self,
        caller: &Caller,
        action: &str,
        address: &Address,
        (located, present): (&LocatedVault, &Secret),
        changed: &Secret,
    ) -> Result<Commit, Error> {
        let now = self.clock.now();
        let place = &address.place;
        let mut commit = Commit {
            organization: located.organization.id,
            preconditions: vec![
                Precondition::Environment(located.vault.id, place.environment.clone()),
                Precondition::SecretById(present.id, Some(present.revision)),
            ],
            writes: vec![Write::Secret(changed.clone())],
            audit: self.event(caller, action, address.to_string(), Outcome::Allowed),
            changes: Vec::new(),
        };
        for key in self.keys_for(located, Purpose::Item(present.id)).await? {
            commit
                .preconditions
                .push(Precondition::ApiKey(key.id, key.revision));
            let subject = Subject::ApiKey { key: key.id };
            commit.changes.push(ChangeDraft { subject, at: now });
            commit.writes.push(Write::ApiKey(ApiKey {
                revoked_at: Some(now),
                previous: None,
                revision: key.revision + 1,
                ..key
            }));
        }
        Ok(commit)
    }

    /// The keys that work for one purpose.
    async fn keys_for(&self, located: &LocatedVault, purpose: Purpose) -> Result<Vec<ApiKey>, Error> {
        let all = self.keys_of(located.organization.id).await?;
        Ok(all
            .into_iter()
            .filter(|key| key.details.purpose == purpose && key.revoked_at.is_none())
            .collect())
    }

    /// Lets the keys that are for a vault, or for a secret in it, go by its new name. Until then they reach nothing:
    /// they are for this vault alone, whatever else has the old name.
    pub(super) async fn follow_vault(
        &self,
        caller: &Caller,
        vault: &Vault,
        former: &VaultName,
    ) -> Result<(), Error> {
        let former = Pattern::new(former.as_str());
        for key in self.keys_of(vault.organization).await? {
            let here = match key.details.purpose {
                Purpose::General => false,
                Purpose::Vault(id) => id == vault.id,
                Purpose::Item(id) => {
                    let secret = self.store.secret_by_id(id).await?;
                    secret.is_some_and(|secret| secret.vault == vault.id)
                }
            };
            if here && key.revoked_at.is_none() {
                let expected = vec![Precondition::ApiKey(key.id, key.revision)];
                let mut followed = key;
                followed.revision += 1;
                for grant in followed.grants.iter_mut().filter(|grant| grant.vault == former) {
                    grant.vault = Pattern::new(vault.name.as_str());
                }
                let commit = self.key_commit(caller, "key.follow", &followed, expected);
                // Changed meanwhile: it was revoked, and need not follow.
                self.try_commit(commit).await?;
            }
        }
        Ok(())
    }

    async fn keys_of(&self, organization: OrgId) -> Result<Vec<ApiKey>, Error> {
        let mut all: Vec<ApiKey> = Vec::new();
        loop {
            let after = all.last().map(|key| key.id);
            let page = self.store.api_keys(organization, after, MAX_PAGE).await?;
            let complete = page.len() < MAX_PAGE as usize;
            all.extend(page);
            if complete {
                return Ok(all);
            }
        }
    }

    /// A key that acts for the user who asks, cut down to scopes.
    pub async fn create_user_key(
        &self,
        caller: &Caller,
        new: NewUserKey,
        door: DoorKey,
    ) -> Result<IssuedKey, Error> {
        let user = self.own_keys(caller).await?;
        if new.scopes.is_empty() {
            return Err(Error::invalid("scopes", "must name at least one"));
        }
        if let Some((_, own)) = &user.key
            && !new.scopes.is_subset(own)
        {
            return Err(self.without_scope(caller, user.home, Scope::AdminApiKeys).await?);
        }
        let mut key = NewApiKey {
            expires_at: new.expires_at,
            form: door.form,
            ..NewApiKey::plain(new.name, Vec::new())
        };
        key.details = KeyDetails {
            door: Some(door.door.to_owned()),
            user: Some(user.id),
            scopes: Some(new.scopes),
            allowed: new.allowed,
            ..KeyDetails::default()
        };
        self.check_end(&key)?;
        let issued = self.issue(user.home, key);
        self.keep_issued(caller, "key.create", issued).await
    }

    /// The keys that act for the user who asks, revoked ones too, newest first.
    pub async fn list_user_keys(&self, caller: &Caller) -> Result<Vec<ApiKey>, Error> {
        let user = self.own_keys(caller).await?;
        let mut keys = self.keys_of(user.home).await?;
        keys.retain(|key| key.details.user == Some(user.id));
        keys.reverse();
        let target = format!("user:{}", user.id);
        let event = self.event(caller, "key.list", target, Outcome::Allowed);
        self.store.record(user.home, event).await?;
        Ok(keys)
    }

    /// Ends a key that acts for the user who asks; refused if it has ended.
    pub async fn revoke_user_key(
        &self,
        caller: &Caller,
        id: ApiKeyId,
        because: &str,
    ) -> Result<ApiKey, Error> {
        for _ in 0..ATTEMPTS {
            let user = self.own_keys(caller).await?;
            let found = self.store.api_key(id).await?;
            let found = found.filter(|key| key.details.user == Some(user.id));
            let key = found.ok_or_else(|| not_found("API key", id.to_string()))?;
            if key.revoked_at.is_some() {
                return Err(Error::Refused(format!("API key {id} is revoked already")));
            }
            if let Some(key) = self.end_key(caller, "key.revoke", key, Some(because)).await? {
                return Ok(key);
            }
        }
        Err(contended("the API key"))
    }

    /// Whether the key that a user came with, if they came with one, has this scope. A refusal is recorded.
    pub async fn require_scope(&self, caller: &Caller, scope: Scope) -> Result<(), Error> {
        let (home, scopes) = match &caller.principal {
            Principal::User(User {
                key: Some((_, scopes)),
                home,
                ..
            }) => (*home, scopes),
            Principal::ApiKey(key) => match &key.scopes {
                Some(scopes) => (key.organization, scopes),
                None => return Ok(()),
            },
            Principal::User(_) | Principal::Workload(_) | Principal::Controller => return Ok(()),
        };
        if scopes.contains(&scope) {
            return Ok(());
        }
        Err(self.without_scope(caller, home, scope).await?)
    }

    /// The user who asks, if they may manage their own keys.
    async fn own_keys<'a>(&self, caller: &'a Caller) -> Result<&'a User, Error> {
        self.require_scope(caller, Scope::AdminApiKeys).await?;
        match &caller.principal {
            Principal::User(user) => Ok(user),
            Principal::ApiKey(_) | Principal::Workload(_) | Principal::Controller => Err(Error::Forbidden {
                permission: Permission::ManageKeys,
                target: "keys of a user".to_owned(),
            }),
        }
    }

    async fn without_scope(&self, caller: &Caller, home: OrgId, scope: Scope) -> Result<Error, Error> {
        let target = format!("scope {}", scope.as_str());
        let event = self.event(caller, "key.scope", target.clone(), Outcome::Denied);
        self.store.record(home, event).await?;
        let permission = scope.permissions().first().copied().unwrap_or(Permission::Read);
        Ok(Error::Forbidden { permission, target })
    }
}

fn publishing(action: &'static str) -> Ask {
    Ask {
        permission: Permission::Write,
        action,
    }
}

/// `present`, public or not any more.
fn made_public(present: &Secret, public: bool) -> Secret {
    let metadata = Metadata {
        public,
        ..present.described()
    };
    Secret {
        metadata: metadata.kept(),
        revision: present.revision + 1,
        ..present.clone()
    }
}

fn one_purpose(name: Label, grant: Grant, purpose: Purpose, door: DoorKey) -> NewApiKey {
    let details = KeyDetails {
        door: Some(door.door.to_owned()),
        purpose,
        ..KeyDetails::default()
    };
    NewApiKey {
        details,
        form: door.form,
        ..NewApiKey::plain(name, vec![grant])
    }
}
