//! Who asks: the user whose token it is, with the roles they have at this moment, or the holder of a native key
//! with its own grants. Held in memory until anything about rights changes, so that a logout, another password
//! and a lost role count at once.

use std::{collections::HashMap, net::IpAddr, sync::Arc};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::{DOOR, KeyNest, Role, member::Member, padded};
use crate::{
    Error,
    api_key::{ApiToken, TokenDigest},
    audit::Origin,
    id::{OrgId, UserId},
    principal::{Conceal, Principal, User as UserPrincipal},
    record::{Collection, Document},
    secret_value::SecretValue,
    usecase::Caller,
};

const REFUSED: Error = Error::Unauthenticated("Invalid token.");

/// The most sessions held; the next one empties the shelf.
const CAPACITY: usize = 10_000;

/// A user's token, of which there is one as long as they are logged in. The record is found by its keyed digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Token {
    /// Whose.
    pub(super) user: u64,
    /// Itself: the next login hands it out again.
    #[serde(with = "crate::secret_value::base64")]
    pub(super) token: SecretValue,
}

impl Document for Token {
    const COLLECTION: Collection = Collection::held_in_memory("keynest.token");
    const NOUN: &'static str = "token";
}

/// A user with a good token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Their number.
    pub user: u64,
    /// Their memberships, former ones too.
    pub(super) parts: Vec<Member>,
}

/// Sessions under one epoch of rights.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<(u64, HashMap<TokenDigest, Arc<Signed>>)>);

/// Who an actor is.
#[derive(Debug, Clone)]
pub enum Who {
    /// A user.
    User(Arc<Signed>),
    /// The holder of a key of another door, with its own grants.
    Native,
}

/// Who asks, and what they may do.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The principal and where it asks from.
    pub caller: Caller,
    /// Who that is here.
    pub who: Who,
}

impl Actor {
    /// The user's number.
    pub fn user(&self) -> Option<u64> {
        match &self.who {
            Who::User(signed) => Some(signed.user),
            Who::Native => None,
        }
    }

    /// The role in an organization.
    pub(super) fn role(&self, organization: OrgId) -> Option<Role> {
        match (&self.who, &self.caller.principal) {
            (Who::User(signed), _) => {
                let part = signed.parts.iter().find(|part| part.id == organization);
                part.and_then(|part| part.role)
            }
            (Who::Native, Principal::ApiKey(_)) if self.caller.principal.has_part_in(organization) => {
                Role::of(&self.caller.principal.grants())
            }
            (Who::Native, _) => None,
        }
    }
}

impl KeyNest {
    /// The holder of a token: a user's, or a native key.
    pub async fn actor(&self, token: &str, from: IpAddr, origin: Origin) -> Result<Actor, Error> {
        if ApiToken::is_ours(token) {
            let principal = self.coffer.authenticate_from(token, Some(from)).await?;
            let caller = Caller { principal, origin };
            let who = Who::Native;
            return Ok(Actor { caller, who });
        }
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if token.len() != 40 || !token.bytes().all(hex) {
            return Err(REFUSED);
        }
        let signed = self.signed(token).await?.ok_or(REFUSED)?;
        self.actor_of(signed, origin).await
    }

    pub(super) async fn actor_of(&self, signed: Arc<Signed>, origin: Origin) -> Result<Actor, Error> {
        let granted = |part: &Member| Some((part.id, part.role?.grant()));
        let principal = Principal::User(UserPrincipal {
            id: user_id(signed.user),
            home: self.home().await?,
            grants: signed.parts.iter().filter_map(granted).collect(),
            key: None,
            conceal: Conceal::Everything,
        });
        let caller = Caller { principal, origin };
        let who = Who::User(signed);
        Ok(Actor { caller, who })
    }

    async fn signed(&self, token: &str) -> Result<Option<Arc<Signed>>, Error> {
        let store = &self.coffer.store;
        let Some(digest) = ApiToken::parse(token).map(|token| store.digest(&token)) else {
            return Ok(None);
        };
        // Read before the look-up: a change in between makes the entry stale at once, never fresh.
        let epoch = store.rights_epoch();
        if let Some(found) = self.sessions.get(epoch, &digest) {
            return Ok(Some(found));
        }
        let Some(record) = store.record_by_digest(Token::COLLECTION, &digest).await? else {
            return Ok(None);
        };
        let user = record.document::<Token>()?.body.user;
        let signed = Arc::new(self.standing(user).await?);
        self.sessions.put(epoch, digest, Arc::clone(&signed));
        Ok(Some(signed))
    }

    /// A user with their memberships as they are now.
    pub(super) async fn standing(&self, user: u64) -> Result<Signed, Error> {
        let parts = self.members_with(&format!("{}-", padded(user))).await?;
        let parts = parts.into_iter().map(|kept| kept.body).collect();
        Ok(Signed { user, parts })
    }
}

/// How the audit log knows a user.
pub(super) fn user_id(number: u64) -> UserId {
    UserId::of(DOOR, &number.to_string())
}

impl Sessions {
    fn get(&self, epoch: u64, digest: &TokenDigest) -> Option<Arc<Signed>> {
        let shelf = self.0.lock();
        (shelf.0 == epoch).then(|| shelf.1.get(digest).cloned()).flatten()
    }

    fn put(&self, epoch: u64, digest: TokenDigest, signed: Arc<Signed>) {
        let mut shelf = self.0.lock();
        if shelf.0 != epoch || shelf.1.len() >= CAPACITY {
            *shelf = (epoch, HashMap::new());
        }
        shelf.1.insert(digest, signed);
    }
}
