//! Keys that doors make for one thing: to read one vault, or one public secret.

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
    pattern::Pattern,
    rights::{Grant, Permission},
    store::{Commit, LocatedVault, Precondition, Write},
};

pub use super::user_keys::NewUserKey;

/// What a door's key looks like.
#[derive(Debug, Clone, Copy)]
pub struct DoorKey {
    /// The dialect.
    pub door: &'static str,
    /// Its tokens.
    pub form: TokenForm,
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
            if present.kind() == crate::metadata::Kind::Value {
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

    pub(super) async fn keys_of(&self, organization: OrgId) -> Result<Vec<ApiKey>, Error> {
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
