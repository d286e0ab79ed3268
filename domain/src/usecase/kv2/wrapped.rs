//! Answers that wait for whoever holds their token, and are read once: a value can be handed over without whoever
//! hands it over seeing it, and whoever finds its token used knows that somebody else was there.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Error,
    api_key::{ApiToken, TokenForm},
    audit::Origin,
    name::OrgName,
    principal::{External, Principal},
    record::{Collection, Document, Kept},
    secret_value::SecretValue,
    usecase::{
        ATTEMPTS, Caller, Coffer,
        access::not_found,
        contended,
        documents::{commit, dropping},
    },
};

/// How long an answer waits at most.
pub const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(24 * 32);

/// What their tokens look like.
const FORM: TokenForm = TokenForm::Dialect {
    prefix: "w.",
    random: 24,
    shown: 0,
};
const ACCESSOR: usize = 24;
const REFUSED: Error = Error::Unauthenticated("the wrapping token is not valid");

/// An answer that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wrapped {
    #[serde(with = "crate::secret_value::base64")]
    answer: SecretValue,
    /// Names it where its token must not be said.
    pub accessor: String,
    /// What it answers: `secret/data/app`.
    pub path: String,
    /// How long it waits, in seconds.
    pub ttl: i64,
    /// Until when.
    pub ends_at: Timestamp,
}

impl Document for Wrapped {
    const COLLECTION: Collection = Collection::new("kv2.wrapped");
    const NOUN: &'static str = "wrapped-answer";

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.ends_at)
    }
}

/// An answer that was put away.
#[derive(Debug)]
pub struct PutAway {
    /// What it is taken with, shown this once.
    pub token: ApiToken,
    /// Itself.
    pub kept: Kept<Wrapped>,
}

impl Coffer {
    /// Puts an answer of the caller's away for so many seconds. What they may know is decided before it is made.
    pub async fn wrap_answer(
        &self,
        caller: &Caller,
        organization: &OrgName,
        (path, answer): (&str, SecretValue),
        seconds: i64,
    ) -> Result<PutAway, Error> {
        let tenant = self.organization_id(organization).await?;
        let tenant = tenant.ok_or_else(|| not_found("organization", organization.to_string()))?;
        let wrapped = self.wrapped(path, answer, seconds);
        let (token, digest) = self.wrapping_token();
        let key = self.fresh_key("");
        let draft = self.draft(tenant, &key, None, wrapped, Some(digest))?;
        let event = self.document_event::<Wrapped>(caller, "create", &key);
        if self
            .try_commit(commit(event, tenant, draft.precondition, draft.write))
            .await?
        {
            let kept = draft.kept;
            return Ok(PutAway { token, kept });
        }
        Err(contended("the answer"))
    }

    /// The answer of a token, which nobody gets again.
    pub async fn unwrap_answer(&self, token: &str, origin: &Origin) -> Result<SecretValue, Error> {
        for _ in 0..ATTEMPTS {
            let found = self.look_at_wrapped(token).await?;
            let event = self.document_event::<Wrapped>(&holder(&found, origin), "take", &found.key);
            let (precondition, write) = dropping(&found);
            let taken = commit(event, found.organization, precondition, write);
            if self.try_commit(taken).await? {
                return Ok(found.body.answer);
            }
        }
        Err(contended("the answer"))
    }

    /// Puts the answer of a token away under another, for as long again; the token is good no more.
    pub async fn rewrap_answer(&self, token: &str, origin: &Origin) -> Result<PutAway, Error> {
        for _ in 0..ATTEMPTS {
            let found = self.look_at_wrapped(token).await?;
            let body = found.body.clone();
            let wrapped = self.wrapped(&body.path, body.answer, body.ttl);
            let (fresh, digest) = self.wrapping_token();
            let key = self.fresh_key("");
            let draft = self.draft(found.organization, &key, None, wrapped, Some(digest))?;
            let event = self.document_event::<Wrapped>(&holder(&found, origin), "rewrap", &found.key);
            let (precondition, write) = dropping(&found);
            let mut moved = commit(event, found.organization, precondition, write);
            moved.preconditions.push(draft.precondition);
            moved.writes.push(draft.write);
            if self.try_commit(moved).await? {
                let kept = draft.kept;
                return Ok(PutAway { token: fresh, kept });
            }
        }
        Err(contended("the answer"))
    }

    /// What there is to know of the answer of a token, which stays where it is.
    pub async fn look_at_wrapped(&self, token: &str) -> Result<Kept<Wrapped>, Error> {
        self.document_of_token(token).await?.ok_or(REFUSED)
    }

    fn wrapped(&self, path: &str, answer: SecretValue, seconds: i64) -> Wrapped {
        let now = self.clock.now();
        let ttl = seconds.clamp(1, LONGEST_WAIT.as_secs());
        let ends_at = now.saturating_add(SignedDuration::from_secs(ttl));
        Wrapped {
            answer,
            accessor: crate::api_key::base62(&*self.entropy, ACCESSOR),
            path: path.to_owned(),
            ttl,
            ends_at: ends_at.unwrap_or(Timestamp::MAX),
        }
    }

    fn wrapping_token(&self) -> (ApiToken, crate::api_key::TokenDigest) {
        let (token, _) = ApiToken::of_form(FORM, &*self.entropy);
        let digest = self.store.digest(&token);
        (token, digest)
    }
}

/// Whoever holds a token: it says no more of them.
fn holder(found: &Kept<Wrapped>, origin: &Origin) -> Caller {
    Caller {
        principal: Principal::External(External {
            name: format!("wrapping:{}", found.body.accessor),
            home: found.organization,
            grants: Vec::new(),
        }),
        origin: origin.clone(),
    }
}
