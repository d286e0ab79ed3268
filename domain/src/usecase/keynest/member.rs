//! Members of organizations. One membership for each user and organization; the last administrator stays one, and
//! nobody changes or removes themselves.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Actor, KeyNest, MemberView, Organization, Role,
    log::{Doer, Done},
    padded,
    records::Filed,
};
use crate::{
    Error,
    audit::Outcome,
    id::OrgId,
    record::{Collection, Document, Kept, RecordQuery},
    rights::Permission,
    store::Commit,
    usecase::{
        ATTEMPTS, MAX_PAGE,
        access::{Ask, not_found},
        contended,
        documents::read,
    },
};

/// The most members of an organization.
pub const MOST_MEMBERS: usize = 100;

/// A user's part in an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The organization.
    pub id: OrgId,
    /// Its number.
    pub organization: u64,
    /// The user.
    pub user: u64,
    /// Their role; `None`: they are no member any more, and what they did is still theirs to see.
    pub role: Option<Role>,
    /// Since when.
    pub joined_at: Timestamp,
}

impl Document for Member {
    const COLLECTION: Collection = Collection::held_in_memory("keynest.member");
    const NOUN: &'static str = "member";

    fn group(&self) -> String {
        self.role
            .map_or_else(|| "former".to_owned(), |_| padded(self.organization))
    }
}

impl Filed for Member {}

impl Member {
    pub(super) fn key(&self) -> String {
        key(self.user, self.organization)
    }
}

pub(super) fn key(user: u64, organization: u64) -> String {
    format!("{}-{}", padded(user), padded(organization))
}

/// A change of somebody's role.
#[derive(Debug, Clone)]
pub struct Roled {
    /// The member as they are now.
    pub member: MemberView,
    /// What they were before.
    pub before: Role,
}

const MANAGE: Ask = Ask {
    permission: Permission::ManageKeys,
    action: "member.write",
};

impl KeyNest {
    /// The members of an organization, those who joined first first, and whether the actor may see more of them than
    /// their names.
    pub async fn members(&self, actor: &Actor, number: u64) -> Result<(Vec<MemberView>, bool), Error> {
        let organization = self.organization(actor, number).await?;
        let mut members = Vec::new();
        for kept in self.members_of(number).await? {
            members.push(self.member_view(&kept.body).await?);
        }
        members.sort_by_key(|member| (member.joined_at, member.user));
        let doer = self.doer(actor).await?;
        let done = Done::new("members_viewed", "organization", number, json!({}));
        self.note_alone(actor, organization.body.id, &doer, &done).await?;
        let all = actor.role(organization.body.id) == Some(Role::Admin);
        Ok((members, all))
    }

    /// Adds the account of this address. An address that is nobody's, and one that is a member already, are told
    /// apart: who may ask sees the members anyway.
    pub async fn invite(
        &self,
        actor: &Actor,
        number: u64,
        email: &str,
        role: Role,
    ) -> Result<MemberView, Error> {
        self.managed(actor, number).await?;
        let user = self.user_by_email(email).await?;
        let user =
            user.ok_or_else(|| Error::invalid("email", "No account can be added for this address."))?;
        let number_of_user = user.body.number;
        for _ in 0..ATTEMPTS {
            // Read before its members: what changes them changes it.
            let organization = self.managed(actor, number).await?;
            let members = self.members_of(number).await?;
            if members.iter().any(|kept| kept.body.user == number_of_user) {
                return Err(Error::AlreadyExists {
                    what: "email",
                    name: "member".to_owned(),
                });
            }
            if members.len() >= MOST_MEMBERS {
                let full = format!("An organization has at most {MOST_MEMBERS} members.");
                return Err(Error::Refused(full));
            }
            let member = Member {
                id: organization.body.id,
                organization: number,
                user: number_of_user,
                role: Some(role),
                joined_at: self.coffer.clock.now(),
            };
            let commit = self
                .member_commit(actor, &organization, "member.invite", &member)
                .await?;
            if self.coffer.try_commit(commit).await? {
                let details = json!({ "member_email": user.body.email, "role": role.as_str() });
                self.note_member(actor, &organization, "member_invited", number_of_user, details)
                    .await?;
                return self.member_view(&member).await;
            }
        }
        Err(contended("the organization"))
    }

    /// Gives a member another role.
    pub async fn change_role(
        &self,
        actor: &Actor,
        number: u64,
        user: u64,
        role: Role,
    ) -> Result<Roled, Error> {
        for _ in 0..ATTEMPTS {
            let organization = self.managed(actor, number).await?;
            let (before, member) = self.other_member(actor, number, user, Some(role)).await?;
            if before == role {
                let member = self.member_view(&member).await?;
                return Ok(Roled { member, before });
            }
            let commit = self
                .member_commit(actor, &organization, "member.role", &member)
                .await?;
            if self.coffer.try_commit(commit).await? {
                let details = json!({ "old_role": before.as_str(), "new_role": role.as_str() });
                self.note_member(actor, &organization, "member_role_updated", user, details)
                    .await?;
                let member = self.member_view(&member).await?;
                return Ok(Roled { member, before });
            }
        }
        Err(contended("the organization"))
    }

    /// Removes a member. Their token goes on working, and opens nothing here any more.
    pub async fn remove_member(&self, actor: &Actor, number: u64, user: u64) -> Result<MemberView, Error> {
        for _ in 0..ATTEMPTS {
            let organization = self.managed(actor, number).await?;
            let (before, mut member) = self.other_member(actor, number, user, None).await?;
            let commit = self
                .member_commit(actor, &organization, "member.remove", &member)
                .await?;
            if self.coffer.try_commit(commit).await? {
                let details = json!({ "old_role": before.as_str() });
                self.note_member(actor, &organization, "member_removed", user, details)
                    .await?;
                member.role = Some(before);
                return self.member_view(&member).await;
            }
        }
        Err(contended("the organization"))
    }

    /// A member other than the actor, as they will be; refused if no administrator would be left.
    async fn other_member(
        &self,
        actor: &Actor,
        organization: u64,
        user: u64,
        role: Option<Role>,
    ) -> Result<(Role, Member), Error> {
        let members = self.members_of(organization).await?;
        let found = members.iter().find(|kept| kept.body.user == user);
        let found = found.ok_or_else(|| not_found("member", user.to_string()))?;
        if actor.user() == Some(user) {
            return Err(Error::Refused(
                "You cannot change or remove your own membership.".to_owned(),
            ));
        }
        let is_admin = |kept: &&Kept<Member>| kept.body.role == Some(Role::Admin);
        let before = found.body.role.unwrap_or(Role::Viewer);
        if before == Role::Admin && role != Some(Role::Admin) && members.iter().filter(is_admin).count() == 1
        {
            return Err(Error::Refused(
                "The last administrator of an organization stays one.".to_owned(),
            ));
        }
        let member = Member {
            role,
            ..found.body.clone()
        };
        Ok((before, member))
    }

    /// Writes a membership beside a new revision of its organization: two changes at once are decided one after the
    /// other, so that the last administrator cannot go in two halves.
    async fn member_commit(
        &self,
        actor: &Actor,
        organization: &Kept<Organization>,
        action: &str,
        member: &Member,
    ) -> Result<Commit, Error> {
        let home = self.home().await?;
        let target = format!("member:{}", super::session::user_id(member.user));
        let mut commit = self.commit(&actor.caller, home, action, target);
        self.put_over(&mut commit, organization, organization.body.clone())?;
        self.put(&mut commit, &member.key(), member.clone()).await?;
        Ok(commit)
    }

    /// In the organization's own log and chain: the membership itself is not kept with it.
    async fn note_member(
        &self,
        actor: &Actor,
        organization: &Kept<Organization>,
        action: &'static str,
        user: u64,
        details: serde_json::Value,
    ) -> Result<(), Error> {
        let doer: Doer = self.doer(actor).await?;
        let done = Done::new(action, "membership", user, details);
        self.note_alone(actor, organization.body.id, &doer, &done).await?;
        let target = format!("coffer://{}", organization.body.name_of_tenant);
        let event = self.coffer.event(&actor.caller, action, target, Outcome::Allowed);
        Ok(self.coffer.store.record(organization.body.id, event).await?)
    }

    /// Whether the actor may manage the members of an organization: asked before what they sent is looked at.
    pub async fn may_manage(&self, actor: &Actor, number: u64) -> Result<(), Error> {
        self.managed(actor, number).await.map(drop)
    }

    /// The organization, if the actor may manage its members.
    async fn managed(&self, actor: &Actor, number: u64) -> Result<Kept<Organization>, Error> {
        let organization = self.organization(actor, number).await?;
        self.coffer
            .authorise_organization(&actor.caller, MANAGE, &organization.body.name_of_tenant)
            .await?;
        Ok(organization)
    }

    /// The living memberships of an organization.
    pub(super) async fn members_of(&self, organization: u64) -> Result<Vec<Kept<Member>>, Error> {
        let home = self.home().await?;
        self.coffer
            .all_kept::<Member>(home, Some(&padded(organization)))
            .await
    }

    /// The memberships whose keys start so.
    pub(super) async fn members_with(&self, start: &str) -> Result<Vec<Kept<Member>>, Error> {
        let mut found: Vec<Kept<Member>> = Vec::new();
        loop {
            let after = found.last().map_or(start, |kept| kept.key.as_str());
            let query = RecordQuery {
                organization: self.home().await?,
                collection: Member::COLLECTION,
                group: None,
                after: Some(after),
                descending: false,
                skip: 0,
                limit: MAX_PAGE,
                now: self.coffer.clock.now(),
            };
            let page = self.coffer.store.records(&query).await?;
            let complete = page.len() < MAX_PAGE as usize;
            for record in page {
                if !record.head.key.starts_with(start) {
                    return Ok(found);
                }
                found.push(read(record)?);
            }
            if complete {
                return Ok(found);
            }
        }
    }

    async fn member_view(&self, member: &Member) -> Result<MemberView, Error> {
        let user = self.user(member.user).await?.body;
        Ok(MemberView {
            user: member.user,
            active: user.is_active(),
            email: user.email,
            username: user.username,
            role: member.role.unwrap_or(Role::Viewer),
            joined_at: member.joined_at,
            last_login: user.last_login,
        })
    }
}
