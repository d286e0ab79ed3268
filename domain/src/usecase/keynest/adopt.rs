//! What is there already gets a number when it is first seen here: tenants of native keys, vaults, environments and
//! secrets that came through another door. All of one kind get theirs in one commit.

use super::{
    Actor, Environment, KeyNest, Kind, Organization, Project, account::Claim, environment, number::found_by,
    padded, records::Filed,
};
use crate::{
    Error,
    address::Place,
    audit::Origin,
    entity::{Secret, Vault},
    envfile::is_variable_name,
    id::{OrgId, SecretId, VaultId},
    name::EnvName,
    record::{Collection, Document, Kept},
    rights::{Decision, Permission, Target, decide},
    store::{Commit, LocatedVault},
    usecase::{ATTEMPTS, MAX_PAGE, contended, keynest::door},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who made what another door made.
const ELSEWHERE: &str = "Coffer";

/// A secret's number here.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Numbered {
    pub(super) number: u64,
    pub(super) vault: VaultId,
    pub(super) created_by: String,
}

impl Document for Numbered {
    const COLLECTION: Collection = Collection::new("keynest.variable");
    const NOUN: &'static str = "variable";

    fn group(&self) -> String {
        self.vault.to_string()
    }
}

impl Filed for Numbered {
    fn found_by(&self) -> Option<String> {
        Some(found_by::<Self>(self.number))
    }
}

impl KeyNest {
    /// A commit of the door's own, for what nobody asked for.
    fn adoption(&self, organization: OrgId, what: &str) -> Commit {
        let origin = Origin {
            door: super::DOOR,
            ..Origin::controller()
        };
        self.commit(&door(origin), organization, "number.give", what.to_owned())
    }

    /// Adds to a commit an organization, and what finds it by its tenant.
    pub(super) fn put_organization(
        &self,
        commit: &mut Commit,
        organization: &Organization,
    ) -> Result<(), Error> {
        let number = organization.number;
        self.put_new(commit, &padded(number), organization.clone())?;
        self.put_new(commit, &claim_of(organization.id), Claim { number })
    }

    /// The organization of a tenant.
    pub(super) async fn adopted_organization(&self, id: OrgId) -> Result<Option<Kept<Organization>>, Error> {
        let home = self.home().await?;
        for _ in 0..ATTEMPTS {
            if let Some(number) = self.claimed(&claim_of(id)).await? {
                return self.coffer.kept::<Organization>(home, &padded(number)).await;
            }
            let Some(tenant) = self.coffer.store.organization_by_id(id).await? else {
                return Ok(None);
            };
            let label = tenant.label.as_ref().map(|label| label.as_str().to_owned());
            let adopted = Organization {
                number: self.next_number::<Organization>().await?,
                id,
                name: label.unwrap_or_else(|| tenant.name.to_string()),
                name_of_tenant: tenant.name,
                description: None,
                made_here: false,
                deleted: false,
                created_at: tenant.created_at,
                updated_at: tenant.created_at,
            };
            let mut commit = self.adoption(home, "organization");
            self.put_organization(&mut commit, &adopted)?;
            // Somebody else was first, perhaps: then theirs is found.
            self.coffer.try_commit(commit).await?;
        }
        Err(contended("the organization"))
    }

    /// All vaults of a tenant.
    pub(super) async fn all_vaults(&self, organization: OrgId) -> Result<Vec<Vault>, Error> {
        let mut all: Vec<Vault> = Vec::new();
        loop {
            let after = all.last().map(|vault| vault.name.clone());
            let page = self
                .coffer
                .store
                .vaults(organization, after.as_ref(), MAX_PAGE)
                .await?;
            let complete = page.len() < MAX_PAGE as usize;
            all.extend(page);
            if complete {
                return Ok(all);
            }
        }
    }

    /// Those of them that the actor may see.
    pub(super) async fn visible_vaults(
        &self,
        actor: &Actor,
        organization: OrgId,
    ) -> Result<Vec<Vault>, Error> {
        let mut all = self.all_vaults(organization).await?;
        all.retain(|vault| {
            let target = Target {
                organization,
                vault: Some(vault.name.as_str()),
                environment: None,
                name: None,
            };
            let principal = &actor.caller.principal;
            decide(principal, Permission::List, &target, Some(vault)) == Decision::Allow
        });
        Ok(all)
    }

    /// The projects that vaults of one organization are, by number.
    pub(super) async fn projects_of(
        &self,
        organization: &Organization,
        vaults: &[Vault],
    ) -> Result<Vec<(Kept<Project>, Vault)>, Error> {
        for _ in 0..ATTEMPTS {
            let known = self.coffer.all_kept::<Project>(organization.id, None).await?;
            let known: BTreeMap<VaultId, Kept<Project>> =
                known.into_iter().map(|kept| (kept.body.vault, kept)).collect();
            let new: Vec<&Vault> = vaults.iter().filter(|it| !known.contains_key(&it.id)).collect();
            if new.is_empty() {
                let of = |vault: &Vault| Some((known.get(&vault.id)?.clone(), vault.clone()));
                let mut found: Vec<_> = vaults.iter().filter_map(of).collect();
                found.sort_by_key(|(project, _)| project.body.number);
                return Ok(found);
            }
            let mut commit = self.adoption(organization.id, "project");
            for vault in new {
                let project = Project {
                    number: self.next_number::<Project>().await?,
                    organization: organization.number,
                    vault: vault.id,
                    name: vault.name.to_string(),
                    description: None,
                    created_by: ELSEWHERE.to_owned(),
                    created_at: vault.created_at,
                    updated_at: vault.created_at,
                };
                self.put_new(&mut commit, &vault.id.to_string(), project)?;
            }
            self.coffer.try_commit(commit).await?;
        }
        Err(contended("the organization"))
    }

    /// The environments of a project, by number. The one that every vault starts with is none until it holds
    /// something or somebody makes it one.
    pub(super) async fn environments_of(
        &self,
        project: &Kept<Project>,
        vault: &Vault,
    ) -> Result<Vec<Kept<Environment>>, Error> {
        for _ in 0..ATTEMPTS {
            let group = vault.id.to_string();
            let mut known = self
                .coffer
                .all_kept::<Environment>(project.organization, Some(&group))
                .await?;
            known.retain(|kept| vault.environments.contains(&kept.body.name));
            let mut new = Vec::new();
            for name in &vault.environments {
                let has = known.iter().any(|kept| kept.body.name == *name);
                if !has && !self.is_unused(vault, name).await? {
                    new.push(name);
                }
            }
            if new.is_empty() {
                known.sort_by_key(|kept| kept.body.number);
                return Ok(known);
            }
            let mut commit = self.adoption(project.organization, "environment");
            for name in new {
                let environment = Environment {
                    number: self.next_number::<Environment>().await?,
                    project: project.body.number,
                    vault: vault.id,
                    name: name.clone(),
                    kind: Kind::of(vault, name),
                    description: None,
                    created_by: ELSEWHERE.to_owned(),
                    created_at: vault.created_at,
                    updated_at: vault.created_at,
                };
                self.put_new(&mut commit, &environment::key(vault.id, name), environment)?;
            }
            self.coffer.try_commit(commit).await?;
        }
        Err(contended("the project"))
    }

    async fn is_unused(&self, vault: &Vault, name: &EnvName) -> Result<bool, Error> {
        if *name != EnvName::default_environment() {
            return Ok(false);
        }
        let any = self.coffer.store.secrets(vault.id, name, None, 1).await?;
        Ok(any.is_empty())
    }

    /// The secrets of an environment that are variables, by number. What only other doors can name is none.
    pub(super) async fn variables_of(
        &self,
        located: &LocatedVault,
        place: &Place,
    ) -> Result<Vec<(Kept<Numbered>, Secret)>, Error> {
        let organization = located.organization.id;
        for _ in 0..ATTEMPTS {
            let group = located.vault.id.to_string();
            let known = self
                .coffer
                .all_kept::<Numbered>(organization, Some(&group))
                .await?;
            let mut known: BTreeMap<String, Kept<Numbered>> =
                known.into_iter().map(|kept| (kept.key.clone(), kept)).collect();
            let mut secrets = self.coffer.present_secrets(located, place).await?;
            secrets.retain(|secret| is_variable_name(secret.name.as_str()));
            let mut new: Vec<&Secret> = secrets
                .iter()
                .filter(|secret| !known.contains_key(&key(secret.id)))
                .collect();
            if new.is_empty() {
                let with = |secret: Secret| Some((known.remove(&key(secret.id))?, secret));
                let mut found: Vec<_> = secrets.into_iter().filter_map(with).collect();
                found.sort_by_key(|(numbered, _)| numbered.body.number);
                return Ok(found);
            }
            new.sort_by_key(|secret| (secret.created_at, secret.id));
            let mut commit = self.adoption(organization, "variable");
            for secret in new {
                self.put_number(&mut commit, located.vault.id, secret.id, ELSEWHERE)
                    .await?;
            }
            self.coffer.try_commit(commit).await?;
        }
        Err(contended(place))
    }

    /// Adds to a commit the number of a new variable; which it is.
    pub(super) async fn put_number(
        &self,
        commit: &mut Commit,
        vault: VaultId,
        secret: SecretId,
        created_by: &str,
    ) -> Result<u64, Error> {
        let number = self.next_number::<Numbered>().await?;
        let numbered = Numbered {
            number,
            vault,
            created_by: created_by.to_owned(),
        };
        self.put_new(commit, &key(secret), numbered)?;
        Ok(number)
    }
}

pub(super) fn key(secret: SecretId) -> String {
    secret.to_string()
}

fn claim_of(tenant: OrgId) -> String {
    format!("tenant.{tenant}")
}
