//! Keys that act for a user of a dialect, cut down to scopes; and what those scopes let through.

use std::collections::BTreeSet;

use super::{
    ATTEMPTS, Caller, Coffer,
    access::not_found,
    api_keys::{IssuedKey, NewApiKey},
    contended,
    door_keys::DoorKey,
};
use crate::{
    Error,
    audit::Outcome,
    entity::{ApiKey, KeyDetails},
    id::{ApiKeyId, OrgId},
    name::Label,
    network::Cidr,
    principal::{Principal, User},
    repo_role::Scope,
    rights::Permission,
};

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

impl Coffer {
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
            Principal::User(_) | Principal::Workload(_) | Principal::External(_) | Principal::Controller => {
                return Ok(());
            }
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
            Principal::ApiKey(_)
            | Principal::Workload(_)
            | Principal::External(_)
            | Principal::Controller => Err(Error::Forbidden {
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
