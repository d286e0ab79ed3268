//! What a login gives: a token that ends soon, can be renewed for a day, and never reaches further than what it was
//! given for. A session of an API key ends with the key; a pod's with its grants in the vaults' own access rules.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Error,
    api_key::{ApiToken, TokenDigest, TokenForm},
    audit::Origin,
    entity::Organization,
    id::OrgId,
    name::Label,
    principal::{External, KeyHolder, Principal, Workload},
    record::{Collection, Document, Kept},
    rights::Grant,
    usecase::{
        ATTEMPTS, Caller, Coffer,
        access::not_found,
        contended,
        documents::{commit, dropping},
    },
};

/// How long a session lasts, unless it is renewed.
pub const USUAL: SignedDuration = SignedDuration::from_hours(1);

/// How long it lasts at most.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// What tokens of sessions look like.
const FORM: TokenForm = TokenForm::Dialect {
    prefix: "s.",
    random: 24,
    shown: 0,
};

/// How many characters an accessor has: as many as a token, and good for nothing.
const ACCESSOR: usize = 24;

const REFUSED: Error = Error::Unauthenticated("the token is not valid");

/// Whose a session is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Holder {
    /// The holder of an API key, by the digest of the token they came with.
    Key(TokenDigest),
    /// A pod.
    Pod(Workload),
    /// A subject of an issuer, with what it may do.
    Subject {
        /// Its name.
        name: String,
        /// What it may do in the session's organization.
        grants: Vec<Grant>,
    },
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Whose it is.
    pub holder: Holder,
    /// Names it where its token must not be said.
    pub accessor: String,
    /// The way in: `auth/approle/login`.
    pub path: String,
    /// What people call its holder.
    pub display: String,
    /// What the way in says of its holder.
    pub meta: BTreeMap<String, String>,
    /// How long it lasts after a login, or a renewal that asks for nothing else, in seconds.
    pub ttl: i64,
    /// When it ends, unless it is renewed.
    pub ends_at: Timestamp,
    /// When it ends for good.
    pub last_end: Timestamp,
}

impl Document for Session {
    const COLLECTION: Collection = Collection::new("kv2.session");
    const NOUN: &'static str = "session";

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.ends_at)
    }
}

/// A login that was found good.
#[derive(Debug)]
pub struct NewSession {
    /// Whose it is.
    pub holder: Holder,
    /// The organization it is for.
    pub organization: OrgId,
    /// The way in.
    pub path: String,
    /// What people call the holder.
    pub display: String,
    /// What the way in says of the holder.
    pub meta: BTreeMap<String, String>,
    /// When what it was opened with ends, if it does.
    pub until: Option<Timestamp>,
}

/// A session that was opened.
#[derive(Debug)]
pub struct Opened {
    /// Its token, shown this once.
    pub token: ApiToken,
    /// Itself.
    pub session: Kept<Session>,
}

/// What a token of a session stands for.
#[derive(Debug)]
pub struct Standing {
    /// Who holds it.
    pub principal: Principal,
    /// The organization it is for.
    pub organization: Organization,
    /// Itself.
    pub session: Kept<Session>,
}

impl Session {
    /// Until when it may be renewed for so many seconds at `now`.
    fn renewed(&self, now: Timestamp, seconds: i64) -> Timestamp {
        let wanted = now.saturating_add(SignedDuration::from_secs(seconds.max(1)));
        wanted.unwrap_or(Timestamp::MAX).min(self.last_end)
    }
}

impl Coffer {
    /// Opens a session for the holder of an API key that they named and hold.
    pub async fn open_key_session(
        &self,
        (id, token): (&str, &str),
        from: IpAddr,
        origin: &Origin,
        path: &str,
    ) -> Result<Opened, Error> {
        let digest = ApiToken::parse(token).map(|token| self.store.digest(&token));
        let digest = digest.ok_or(REFUSED)?;
        let holder = self.holder_of_digest(digest, Some(from)).await?;
        if holder.id.to_string() != id {
            return Err(REFUSED);
        }
        let new = NewSession {
            holder: Holder::Key(digest),
            organization: holder.organization,
            path: path.to_owned(),
            display: format!("approle-{}", holder.name.as_str()),
            meta: BTreeMap::from([("role_name".to_owned(), holder.name.as_str().to_owned())]),
            until: None,
        };
        let caller = Caller {
            principal: Principal::ApiKey(holder),
            origin: origin.clone(),
        };
        self.open_session(&caller, new).await
    }

    /// Opens a session for the caller, who was found to be who they say.
    pub async fn open_session(&self, caller: &Caller, new: NewSession) -> Result<Opened, Error> {
        let now = self.clock.now();
        let most = now.saturating_add(LONGEST).unwrap_or(Timestamp::MAX);
        let mut session = Session {
            holder: new.holder,
            accessor: crate::api_key::base62(&*self.entropy, ACCESSOR),
            path: new.path,
            display: new.display,
            meta: new.meta,
            ttl: USUAL.as_secs(),
            ends_at: now,
            last_end: new.until.map_or(most, |until| until.min(most)),
        };
        session.ends_at = session.renewed(now, session.ttl);
        session.ttl = session.ends_at.as_second() - now.as_second();
        if session.ttl < 1 {
            return Err(REFUSED);
        }
        let (token, _) = ApiToken::of_form(FORM, &*self.entropy);
        let digest = self.store.digest(&token);
        let key = self.fresh_key("");
        let draft = self.draft(new.organization, &key, None, session, Some(digest))?;
        let event = self.document_event::<Session>(caller, "create", &key);
        let commit = commit(event, new.organization, draft.precondition, draft.write);
        if self.try_commit(commit).await? {
            let session = draft.kept;
            return Ok(Opened { token, session });
        }
        Err(contended("the session"))
    }

    /// What a session's token stands for now and at the address `from`. Every refusal reads the same.
    pub async fn session_of(&self, token: &str, from: IpAddr) -> Result<Standing, Error> {
        let session: Kept<Session> = self.document_of_token(token).await?.ok_or(REFUSED)?;
        let organization = self.store.organization_by_id(session.organization).await?;
        let organization = organization.ok_or(REFUSED)?;
        let principal = match &session.body.holder {
            Holder::Key(digest) => {
                let holder = self.holder_of_digest(*digest, Some(from)).await?;
                Principal::ApiKey(holder)
            }
            Holder::Pod(workload) => Principal::Workload(workload.clone()),
            Holder::Subject { name, grants } => Principal::External(External {
                name: name.clone(),
                home: organization.id,
                grants: grants.clone(),
            }),
        };
        Ok(Standing {
            principal,
            organization,
            session,
        })
    }

    /// Lets the session of a token last for so many seconds from now, as far as it may.
    pub async fn renew_session(
        &self,
        caller: &Caller,
        token: &str,
        seconds: Option<i64>,
    ) -> Result<Kept<Session>, Error> {
        let digest = ApiToken::parse(token).map(|token| self.store.digest(&token));
        for _ in 0..ATTEMPTS {
            let found: Kept<Session> = self.document_of_token(token).await?.ok_or(REFUSED)?;
            let ends_at = found
                .body
                .renewed(self.clock.now(), seconds.unwrap_or(found.body.ttl));
            let body = Session {
                ends_at,
                ..found.body.clone()
            };
            let present = Some((found.revision, found.created_at));
            let draft = self.draft(found.organization, &found.key, present, body, digest)?;
            let event = self.document_event::<Session>(caller, "renew", &found.key);
            let commit = commit(event, found.organization, draft.precondition, draft.write);
            if self.try_commit(commit).await? {
                return Ok(draft.kept);
            }
        }
        Err(contended("the session"))
    }

    /// Ends the session of a token. What it was opened with stays good.
    pub async fn end_session(&self, caller: &Caller, token: &str) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            let Some(found) = self.document_of_token::<Session>(token).await? else {
                return Ok(());
            };
            let event = self.document_event::<Session>(caller, "delete", &found.key);
            let (precondition, write) = dropping(&found);
            let commit = commit(event, found.organization, precondition, write);
            if self.try_commit(commit).await? {
                return Ok(());
            }
        }
        Err(contended("the session"))
    }

    /// What a key's holder may know of their own key: when it was made, and when it ends.
    pub async fn own_key_times(&self, holder: &Arc<KeyHolder>) -> Result<KeyTimes, Error> {
        let key = self.store.api_key(holder.id).await?;
        let key = key.ok_or_else(|| not_found("API key", holder.id.to_string()))?;
        Ok(KeyTimes {
            name: key.name,
            made_at: key.created_at,
            ends_at: key.expires_at,
        })
    }
}

/// A key's name and times.
#[derive(Debug)]
pub struct KeyTimes {
    /// Its label.
    pub name: Label,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it ends, if it does.
    pub ends_at: Option<Timestamp>,
}
