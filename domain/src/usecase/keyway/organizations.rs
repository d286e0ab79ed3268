//! Organizations of the forge, for their members: what they are called here, who is in them, and what their owners say
//! that roles may do in the vaults of all their repositories. Who is in one is the forge's to say, each time anew.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Keyway, Session, Trial, account::DOOR, door};
use crate::{
    Error,
    audit::{Origin, Outcome},
    entity::EnvironmentType,
    forge::{ForgeOrganization, Member, Membership},
    id::{OrgId, RecordId, UserId},
    record::{Collection, Document, Kept},
    repo_role::{Minimum, Rules},
    usecase::access::not_found,
};

/// What is kept of an organization. Rights depend on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// Its id here.
    pub id: RecordId,
    /// What its owners call it, if they said.
    pub display_name: Option<String>,
    /// The least roles in environments of each type, where its owners say so.
    pub defaults: BTreeMap<EnvironmentType, Minimum>,
    /// Who was in it when it was compared with the forge last.
    pub seen: Vec<Seen>,
}

/// Somebody who was in an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Their number at the forge.
    pub user: u64,
    /// Whether they owned it.
    pub owner: bool,
    /// When they were seen first.
    pub since: Timestamp,
}

impl Document for Settings {
    const COLLECTION: Collection = Collection::held_in_memory("keyway.organization");
    const NOUN: &'static str = "organization";
}

/// An organization, as its members see it.
#[derive(Debug, Clone)]
pub struct Company {
    /// What the forge says of it.
    pub forge: ForgeOrganization,
    /// What is kept of it.
    pub kept: Kept<Settings>,
    /// What who asks is in it.
    pub membership: Membership,
    /// How many are in it.
    pub members: usize,
    /// How many vaults it has.
    pub vaults: usize,
    /// Its trial, if it had one.
    pub trial: Option<Trial>,
}

/// Somebody in an organization.
#[derive(Debug, Clone)]
pub struct Colleague {
    /// The membership's id.
    pub id: UserId,
    /// Their account here, if they ever came.
    pub account: Option<UserId>,
    /// What the forge says.
    pub member: Member,
    /// When they were first seen in it.
    pub since: Option<Timestamp>,
}

/// What a comparison with the forge found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compared {
    /// Who was not in it before.
    pub added: usize,
    /// Who is something else in it.
    pub updated: usize,
    /// Who is not in it any more.
    pub removed: usize,
}

impl Keyway {
    /// Every organization that a session's user is in.
    pub async fn organizations(&self, session: &Session, origin: Origin) -> Result<Vec<Company>, Error> {
        let mut found = Vec::new();
        for login in self.forge.organizations().await? {
            let company = async {
                let membership = self.membership(session, &login).await?;
                self.look_up(&login, membership).await
            };
            match company.await {
                Ok(company) => found.push(company),
                Err(Error::NotFound { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        found.sort_by(|one, other| one.forge.login.cmp(&other.forge.login));
        let target = "organizations".to_owned();
        self.allowed(session, origin, "organization.list", target).await?;
        Ok(found)
    }

    /// An organization, for its members; others learn that there is none.
    pub async fn company(&self, session: &Session, login: &str, origin: Origin) -> Result<Company, Error> {
        const GET: &str = "organization.get";
        let membership = self.member(session, login, GET, &origin).await?;
        let found = self.look_up(login, membership).await?;
        self.allowed(session, origin, GET, target(login)).await?;
        Ok(found)
    }

    async fn look_up(&self, login: &str, membership: Membership) -> Result<Company, Error> {
        let forge = self.forge.organization(login).await?;
        let forge = forge.ok_or_else(|| not_found("organization", login.to_owned()))?;
        Ok(Company {
            kept: self.settings(login).await?,
            members: self.forge.members(login).await?.len(),
            vaults: self.vaults_of(login).await?.len(),
            trial: self.trial_of(login).await?,
            forge,
            membership,
        })
    }

    /// Has an owner change what is kept of an organization.
    pub async fn change_company(
        &self,
        session: &Session,
        login: &str,
        origin: Origin,
        change: impl Fn(Settings) -> Settings + Send + Sync,
    ) -> Result<Kept<Settings>, Error> {
        self.owns(session, login, "organization.update", &origin).await?;
        self.keep_company(session, login, origin, change).await
    }

    async fn keep_company(
        &self,
        session: &Session,
        login: &str,
        origin: Origin,
        change: impl Fn(Settings) -> Settings + Send + Sync,
    ) -> Result<Kept<Settings>, Error> {
        self.settings(login).await?;
        let home = self.home().await?;
        let caller = session.caller(home, Vec::new(), origin);
        self.change(&caller, home, &key(login), |old| Ok(change(old)))
            .await
    }

    /// Everybody in an organization, for its members.
    pub async fn colleagues(
        &self,
        session: &Session,
        login: &str,
        origin: Origin,
    ) -> Result<Vec<Colleague>, Error> {
        const MEMBERS: &str = "organization.members";
        self.member(session, login, MEMBERS, &origin).await?;
        let seen = self.settings(login).await?.body.seen;
        let mut found = Vec::new();
        for member in self.forge.members(login).await? {
            let number = member.user.id;
            let account = UserId::of(DOOR, &number.to_string());
            found.push(Colleague {
                id: UserId::of("keyway.member", &format!("{}/{number}", key(login))),
                account: self.account(account).await?.map(|_| account),
                since: seen.iter().find(|seen| seen.user == number).map(|it| it.since),
                member,
            });
        }
        self.allowed(session, origin, MEMBERS, target(login)).await?;
        Ok(found)
    }

    /// Has an owner compare who is in an organization with who was in it last time.
    pub async fn compare_members(
        &self,
        session: &Session,
        login: &str,
        origin: Origin,
    ) -> Result<Compared, Error> {
        const SYNC: &str = "organization.sync";
        self.owns(session, login, SYNC, &origin).await?;
        let before = self.settings(login).await?.body.seen;
        let now = self.coffer.clock().now();
        let members = self.forge.members(login).await?;
        let (seen, compared) = compare(&before, &members, now);
        if seen == before {
            self.allowed(session, origin, SYNC, target(login)).await?;
        } else {
            let change = |old: Settings| Settings {
                seen: seen.clone(),
                ..old
            };
            self.keep_company(session, login, origin, change).await?;
        }
        Ok(compared)
    }

    /// What the owners of a vault's organization say that roles may do, without the vault's own exceptions.
    pub async fn defaults_of(&self, organization: &str) -> Result<Rules, Error> {
        let home = self.home().await?;
        let found = self.coffer.kept::<Settings>(home, &key(organization)).await?;
        Ok(Rules {
            defaults: found.map(|kept| kept.body.defaults).unwrap_or_default(),
            ..Rules::default()
        })
    }

    /// What is kept of an organization, which is made on first use.
    async fn settings(&self, login: &str) -> Result<Kept<Settings>, Error> {
        let (home, key) = (self.home().await?, key(login));
        if let Some(found) = self.coffer.kept::<Settings>(home, &key).await? {
            return Ok(found);
        }
        let body = Settings {
            id: RecordId::fresh(self.coffer.clock(), self.coffer.entropy()),
            display_name: None,
            defaults: BTreeMap::new(),
            seen: Vec::new(),
        };
        self.add(&door(), home, &key, &body, None).await?;
        // Made here, or by another request at the same time.
        self.kept_settings(home, &key).await
    }

    async fn kept_settings(&self, home: OrgId, key: &str) -> Result<Kept<Settings>, Error> {
        let found = self.coffer.kept::<Settings>(home, key).await?;
        found.ok_or_else(|| not_found("organization", key.to_owned()))
    }

    /// What a session is in an organization. Strangers learn that there is none, and their attempt is recorded.
    pub(super) async fn member(
        &self,
        session: &Session,
        login: &str,
        action: &str,
        origin: &Origin,
    ) -> Result<Membership, Error> {
        let found = self.membership(session, login).await;
        if let Err(Error::NotFound { .. }) = &found {
            self.denied(session, origin.clone(), action, target(login))
                .await?;
        }
        found
    }

    /// Refuses whoever is no owner of an organization.
    pub(super) async fn owns(
        &self,
        session: &Session,
        login: &str,
        action: &str,
        origin: &Origin,
    ) -> Result<(), Error> {
        if self.member(session, login, action, origin).await? == Membership::Owner {
            return Ok(());
        }
        Err(self
            .denied(session, origin.clone(), action, target(login))
            .await?)
    }

    /// Records what a session was shown or did, in the door's own chain.
    pub(super) async fn allowed(
        &self,
        session: &Session,
        origin: Origin,
        action: &str,
        target: String,
    ) -> Result<(), Error> {
        let home = self.home().await?;
        let caller = session.caller(home, Vec::new(), origin);
        let event = self.coffer.event(&caller, action, target, Outcome::Allowed);
        Ok(self.coffer.store.record(home, event).await?)
    }
}

/// How the audit log calls an organization.
pub(super) fn target(login: &str) -> String {
    format!("the organization {login}")
}

/// Under which key an organization is kept: logins have no case.
fn key(login: &str) -> String {
    login.to_ascii_lowercase()
}

/// Who is in an organization now, and how that differs from `before`.
fn compare(before: &[Seen], members: &[Member], now: Timestamp) -> (Vec<Seen>, Compared) {
    let mut compared = Compared::default();
    let mut seen = Vec::with_capacity(members.len());
    for member in members {
        let owner = member.is == Membership::Owner;
        let known = before.iter().find(|seen| seen.user == member.user.id);
        match known {
            None => compared.added += 1,
            Some(known) if known.owner != owner => compared.updated += 1,
            Some(_) => {}
        }
        seen.push(Seen {
            user: member.user.id,
            owner,
            since: known.map_or(now, |known| known.since),
        });
    }
    let stays = |gone: &&Seen| seen.iter().any(|here| here.user == gone.user);
    compared.removed = before.len() - before.iter().filter(stays).count();
    (seen, compared)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::ForgeUser;

    fn member(id: u64, is: Membership) -> Member {
        let user = ForgeUser {
            id,
            login: format!("u{id}"),
            email: None,
            avatar: String::new(),
        };
        Member { user, is }
    }

    #[test]
    fn who_came_who_went_and_who_became_an_owner_is_counted() {
        use Membership::{Member as Plain, Owner};
        let (first, later) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
        let (before, compared) = compare(
            &[],
            &[member(1, Owner), member(2, Plain), member(3, Plain)],
            first,
        );
        let all = Compared {
            added: 3,
            ..Compared::default()
        };
        assert_eq!(compared, all);
        let now = [member(1, Owner), member(2, Owner), member(4, Plain)];
        let (after, compared) = compare(&before, &now, later);
        let one = Compared {
            added: 1,
            updated: 1,
            removed: 1,
        };
        assert_eq!(compared, one);
        let since: Vec<_> = after.iter().map(|seen| (seen.user, seen.since)).collect();
        assert_eq!(since, [(1, first), (2, first), (4, later)]);
        assert_eq!(compare(&after, &now, later), (after.clone(), Compared::default()));
    }
}
