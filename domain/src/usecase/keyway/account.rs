//! Accounts: whoever the forge knows and has come here once. A session is an account, with what its key, if it
//! came with one, is cut down to.

use std::{collections::BTreeSet, net::IpAddr};

use serde::{Deserialize, Serialize};

use super::{Keyway, door, put, shelved};
use crate::{
    Error,
    audit::Origin,
    forge::ForgeUser,
    id::{ApiKeyId, OrgId, UserId},
    principal::{Conceal, Principal, User},
    record::{Collection, Document, Kept},
    repo_role::Scope,
    rights::Grant,
    secret_value::SecretValue,
    usecase::Caller,
};

/// The door, in the audit log and in the ids of its users.
pub const DOOR: &str = "keyway";

const REFUSED: Error = Error::Unauthenticated("the token is not valid");

/// Somebody the forge knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// What the forge said last.
    pub user: ForgeUser,
}

impl Document for Account {
    const COLLECTION: Collection = Collection::held_in_memory("keyway.account");
    const NOUN: &'static str = "account";
}

/// Who asks.
#[derive(Debug, Clone)]
pub enum Session {
    /// Somebody the forge knows.
    Account {
        /// Who.
        id: UserId,
        /// Their account.
        account: Kept<Account>,
        /// The key they came with, and what it is cut down to.
        key: Option<(ApiKeyId, BTreeSet<Scope>)>,
    },
    /// The holder of a key of another door, with its own grants.
    Native(Principal),
}

impl Session {
    /// Whether a key's scopes, if there is one and it has any, include this one.
    fn holds(&self, scope: Scope) -> bool {
        let scopes = match self {
            Self::Account { key, .. } => key.as_ref().map(|(_, scopes)| scopes),
            Self::Native(Principal::ApiKey(key)) => key.scopes.as_ref(),
            Self::Native(_) => None,
        };
        scopes.is_none_or(|scopes| scopes.contains(&scope))
    }

    /// The session as a caller with these grants; a native one keeps its own.
    pub(super) fn caller(&self, home: OrgId, grants: Vec<(OrgId, Grant)>, origin: Origin) -> Caller {
        let principal = match self {
            Self::Account { id, key, .. } => Principal::User(User {
                id: *id,
                home,
                grants,
                key: key.clone(),
                conceal: Conceal::VaultItself,
            }),
            Self::Native(principal) => principal.clone(),
        };
        Caller { principal, origin }
    }

    /// What its key is cut down to; `None`: nothing.
    pub fn scopes(&self) -> Option<&BTreeSet<Scope>> {
        match self {
            Self::Account { key, .. } => key.as_ref().map(|(_, scopes)| scopes),
            Self::Native(_) => None,
        }
    }

    /// The account, if it is one's.
    pub fn account(&self) -> Option<(UserId, &Kept<Account>)> {
        match self {
            Self::Account { id, account, .. } => Some((*id, account)),
            Self::Native(_) => None,
        }
    }

    /// Under which name its activity is kept.
    pub fn actor(&self) -> String {
        match self {
            Self::Account { id, .. } => format!("user:{id}"),
            Self::Native(principal) => principal.describe(),
        }
    }
}

impl Keyway {
    /// The caller of a session for what concerns itself: it has no part in any vault.
    pub async fn caller(&self, session: &Session, origin: Origin) -> Result<Caller, Error> {
        Ok(session.caller(self.home().await?, Vec::new(), origin))
    }

    /// Refuses a key without this scope. Where a request came from is asked for the record of that alone.
    pub async fn require_scope(
        &self,
        session: &Session,
        scope: Scope,
        origin: impl FnOnce() -> Origin,
    ) -> Result<(), Error> {
        if session.holds(scope) {
            return Ok(());
        }
        let caller = self.caller(session, origin()).await?;
        self.coffer.require_scope(&caller, scope).await
    }

    /// The holder of an API key: a native one, or one that acts for an account.
    pub async fn session_of_key(&self, token: &str, from: IpAddr) -> Result<Session, Error> {
        let principal = self.coffer.authenticate_from(token, Some(from)).await?;
        let Principal::ApiKey(holder) = &principal else {
            return Err(REFUSED);
        };
        let Some(id) = holder.user else {
            return Ok(Session::Native(principal));
        };
        let account = self.account(id).await?.ok_or(REFUSED)?;
        let key = holder.scopes.clone().map(|scopes| (holder.id, scopes));
        Ok(Session::Account { id, account, key })
    }

    /// The holder of one of the forge's own tokens, whose account is made on first use.
    pub async fn session_of_forge(&self, token: &SecretValue) -> Result<Session, Error> {
        let user = self.forge.user_by_token(token).await?.ok_or(REFUSED)?;
        let (id, account) = self.signed_in(user).await?;
        let key = None;
        Ok(Session::Account { id, account, key })
    }

    /// The session of an account that was authenticated otherwise.
    pub async fn session_of(&self, id: UserId) -> Result<Session, Error> {
        let account = self.account(id).await?.ok_or(REFUSED)?;
        let key = None;
        Ok(Session::Account { id, account, key })
    }

    /// The account of this id.
    pub async fn account(&self, id: UserId) -> Result<Option<Kept<Account>>, Error> {
        let epoch = self.coffer.store.rights_epoch();
        if let Some(found) = shelved(&self.accounts, epoch, &id) {
            return Ok(Some(found));
        }
        let home = self.home().await?;
        let found = self.coffer.kept::<Account>(home, &id.to_string()).await?;
        if let Some(found) = &found {
            put(&self.accounts, epoch, id, found.clone());
        }
        Ok(found)
    }

    /// The account of a user of the forge, made or brought up to date.
    async fn signed_in(&self, user: ForgeUser) -> Result<(UserId, Kept<Account>), Error> {
        let id = UserId::of(DOOR, &user.id.to_string());
        let (home, key) = (self.home().await?, id.to_string());
        match self.account(id).await? {
            Some(found) if found.body.user == user => Ok((id, found)),
            Some(_) => {
                let change = |_: Account| Ok(Account { user: user.clone() });
                Ok((id, self.change(&door(), home, &key, change).await?))
            }
            None => {
                let body = Account { user };
                let made = self.add(&door(), home, &key, &body, None).await?;
                let made = match made {
                    Some(made) => Some(made),
                    // Made by another request at the same time.
                    None => self.account(id).await?,
                };
                Ok((id, made.ok_or(REFUSED)?))
            }
        }
    }
}
