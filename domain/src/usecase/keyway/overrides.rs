//! Overrides: exceptions from the rules of a vault, made by who manages it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Entered, Keyway};
use crate::{
    Error,
    name::EnvName,
    record::{Collection, Document, Kept},
    repo_role::{Exception, Reach},
    rights::Permission,
    store::LocatedVault,
    usecase::access::{Ask, not_found},
};

/// An exception of one vault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Override {
    /// The vault's id.
    pub vault: String,
    /// What is so instead.
    pub exception: Exception,
    /// Who made it.
    pub created_by: String,
    /// When, to the last change.
    pub at: Timestamp,
}

impl Document for Override {
    const COLLECTION: Collection = Collection::held_in_memory("keyway.override");
    const NOUN: &'static str = "override";

    fn group(&self) -> String {
        self.vault.clone()
    }
}

/// The most overrides of one vault: every request into it is decided by all of them.
pub const MOST: usize = 500;

const MANAGE: Ask = Ask {
    permission: Permission::ManageVaults,
    action: "override.write",
};

impl Keyway {
    /// The overrides of a vault, oldest first.
    pub async fn list_overrides(&self, entered: &Entered) -> Result<Vec<Kept<Override>>, Error> {
        self.overrides_of(&entered.located).await
    }

    /// A new override; refused if there is one for the same environment and whom.
    pub async fn add_override(
        &self,
        entered: &Entered,
        exception: Exception,
    ) -> Result<Kept<Override>, Error> {
        self.manages(entered).await?;
        let there = self.overrides_of(&entered.located).await?;
        if there.len() >= MOST {
            return Err(Error::Refused(format!("a vault has at most {MOST} overrides")));
        }
        let same = |other: &Kept<Override>| {
            let other = &other.body.exception;
            other.environment == exception.environment && other.whom == exception.whom
        };
        if there.iter().any(same) {
            return Err(Error::AlreadyExists {
                what: "override",
                name: "for this environment and target".to_owned(),
            });
        }
        let body = Override {
            vault: entered.located.vault.id.to_string(),
            exception,
            created_by: entered.caller.principal.describe(),
            at: self.coffer.clock().now(),
        };
        let (tenant, key) = (entered.located.organization.id, self.coffer.fresh_key(""));
        let added = self.add(&entered.caller, tenant, &key, &body, None).await?;
        added.ok_or_else(|| not_found("override", key))
    }

    /// Gives an override another reach.
    pub async fn change_override(
        &self,
        entered: &Entered,
        id: &str,
        change: impl Fn(Reach) -> Reach + Send + Sync,
    ) -> Result<Kept<Override>, Error> {
        self.manages(entered).await?;
        self.one(entered, id).await?;
        let at = self.coffer.clock().now();
        let change = |mut found: Override| {
            found.exception.reach = change(found.exception.reach);
            Ok(Override { at, ..found })
        };
        self.change(&entered.caller, entered.located.organization.id, id, change)
            .await
    }

    /// Deletes an override.
    pub async fn drop_override(&self, entered: &Entered, id: &str) -> Result<(), Error> {
        self.manages(entered).await?;
        let found = self.one(entered, id).await?;
        self.remove(&entered.caller, &found).await?;
        Ok(())
    }

    /// Deletes all overrides of a vault.
    pub async fn reset_overrides(&self, entered: &Entered) -> Result<(), Error> {
        self.manages(entered).await?;
        for found in self.overrides_of(&entered.located).await? {
            self.remove(&entered.caller, &found).await?;
        }
        Ok(())
    }

    /// Takes the overrides of an environment along to its new name.
    pub async fn move_overrides(&self, entered: &Entered, from: &EnvName, to: &EnvName) -> Result<(), Error> {
        for found in self.overrides_of(&entered.located).await? {
            if found.body.exception.environment.as_ref() != Some(from) {
                continue;
            }
            let rename = |mut found: Override| {
                found.exception.environment = Some(to.clone());
                Ok(found)
            };
            let tenant = entered.located.organization.id;
            self.change(&entered.caller, tenant, &found.key, rename).await?;
        }
        Ok(())
    }

    async fn manages(&self, entered: &Entered) -> Result<(), Error> {
        let LocatedVault { organization, vault } = &entered.located;
        self.coffer
            .authorise_vault(&entered.caller, MANAGE, &organization.name, &vault.name)
            .await?;
        Ok(())
    }

    async fn one(&self, entered: &Entered, id: &str) -> Result<Kept<Override>, Error> {
        let there = self.overrides_of(&entered.located).await?;
        let found = there.into_iter().find(|one| one.key == id);
        found.ok_or_else(|| not_found("override", id.to_owned()))
    }

    /// All of them: each may be one that takes something away.
    pub(super) async fn overrides_of(&self, located: &LocatedVault) -> Result<Vec<Kept<Override>>, Error> {
        let group = located.vault.id.to_string();
        self.coffer.all_kept(located.organization.id, Some(&group)).await
    }
}
