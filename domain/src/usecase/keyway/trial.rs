//! Trials: an organization of the forge tries the paid plan once.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Keyway, Session, organizations::target};
use crate::{
    Error,
    audit::Origin,
    forge::Membership,
    record::{Collection, Document},
    usecase::access::not_found,
};

/// How long one lasts, in days.
pub const TRIAL_DAYS: i64 = 14;

/// A trial that was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// When.
    pub started: Timestamp,
}

impl Document for Trial {
    const COLLECTION: Collection = Collection::new("keyway.trial");
    const NOUN: &'static str = "trial";
}

impl Trial {
    /// When it ends.
    pub fn ends(&self) -> Timestamp {
        let length = SignedDuration::from_hours(24 * TRIAL_DAYS);
        self.started.saturating_add(length).unwrap_or(Timestamp::MAX)
    }
}

impl Keyway {
    /// An organization's trial, for its members; others learn that there is no such organization.
    pub async fn trial(
        &self,
        session: &Session,
        organization: &str,
        origin: Origin,
    ) -> Result<Option<Trial>, Error> {
        const GET: &str = "trial.get";
        self.member(session, organization, GET, &origin).await?;
        let found = self.trial_of(organization).await?;
        self.allowed(session, origin, GET, target(organization)).await?;
        Ok(found)
    }

    /// The same for the door's own rules.
    pub async fn trial_of(&self, organization: &str) -> Result<Option<Trial>, Error> {
        let (home, key) = (self.home().await?, organization.to_ascii_lowercase());
        Ok(self.coffer.kept::<Trial>(home, &key).await?.map(|kept| kept.body))
    }

    /// Begins an organization's trial, for an owner of it; refused if it had one.
    pub async fn start_trial(
        &self,
        session: &Session,
        organization: &str,
        origin: Origin,
    ) -> Result<Trial, Error> {
        self.owns(session, organization, "trial.create", &origin).await?;
        let (home, key) = (self.home().await?, organization.to_ascii_lowercase());
        let body = Trial {
            started: self.coffer.clock().now(),
        };
        let caller = session.caller(home, Vec::new(), origin);
        match self.add(&caller, home, &key, &body, None).await? {
            Some(kept) => Ok(kept.body),
            None => Err(Error::Refused("the organization has had its trial".to_owned())),
        }
    }

    /// What a session is in an organization of the forge.
    pub(super) async fn membership(
        &self,
        session: &Session,
        organization: &str,
    ) -> Result<Membership, Error> {
        let missing = || not_found("organization", organization.to_owned());
        let (_, account) = session.account().ok_or_else(missing)?;
        let login = &account.body.user.login;
        let found = self.forge.membership(organization, login).await?;
        found.ok_or_else(missing)
    }
}
