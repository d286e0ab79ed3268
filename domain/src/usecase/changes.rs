//! The change sequence, filtered to what the caller may see.

use futures::stream::BoxStream;

use super::{Caller, Coffer, MAX_PAGE, access::not_found};
use crate::{
    Error,
    change::{Change, KEPT, Subject},
    entity::Vault,
    id::OrgId,
    name::{EnvName, OrgName, SecretName},
    rights::{Decision, Permission, Target, decide},
};

/// How many old changes are deleted in one go, and how many times without a pause.
const TRIMMED: u32 = 2000;
const ROUNDS: u32 = 50;

/// A page of changes: those visible, and where to go on.
#[derive(Debug)]
pub struct ChangePage {
    /// Each change, with the name of its vault where it has one.
    pub changes: Vec<(Change, Option<String>)>,
    /// Ask again after this number.
    pub next: u64,
    /// Whether there was a whole page to look at: more may follow at once.
    pub more: bool,
}

impl Coffer {
    /// The newest change's number: now, and whenever it rises.
    pub fn watch(&self) -> BoxStream<'static, u64> {
        self.store.watch()
    }

    /// The newest change's number.
    pub fn latest_change(&self) -> u64 {
        self.store.latest_change()
    }

    /// All changes after `after`, for our own controllers, which see everything.
    pub async fn all_changes(&self, after: u64) -> Result<Vec<Change>, Error> {
        Ok(self.store.changes(after, MAX_PAGE).await?)
    }

    /// Deletes changes older than [`KEPT`]. For the server's own timer.
    pub async fn trim_changes(&self) -> Result<(), Error> {
        let now = self.clock.now();
        let before = now.saturating_sub(KEPT).unwrap_or(jiff::Timestamp::MIN);
        for _ in 0..ROUNDS {
            let oldest = self.store.oldest_change().await?;
            self.store.trim_changes(before, TRIMMED).await?;
            if self.store.oldest_change().await? < oldest + u64::from(TRIMMED) {
                break;
            }
        }
        Ok(())
    }

    /// The changes of an organization after `after` that the caller may see. [`Error::Gone`] if some of them are
    /// not kept any more.
    pub async fn changes(
        &self,
        caller: &Caller,
        organization: &OrgName,
        after: u64,
    ) -> Result<ChangePage, Error> {
        let missing = || not_found("organization", organization.to_string());
        let tenant = self
            .store
            .organization(organization)
            .await?
            .ok_or_else(missing)?
            .id;
        let whole = Target {
            organization: tenant,
            vault: None,
            environment: None,
            name: None,
        };
        if decide(&caller.principal, Permission::List, &whole, None) == Decision::Hide {
            return Err(missing());
        }
        let vaults = self.store.vaults(tenant, None, MAX_PAGE).await?;
        let page = self.store.changes(after, MAX_PAGE).await?;
        // Asked for after the page: what was trimmed before it was read is noticed, at the cost of a needless alarm.
        let oldest = self.store.oldest_change().await?;
        if after + 1 < oldest {
            return Err(Error::Gone(format!(
                "changes up to {} are not kept any more: read what you need anew, and go on after {}",
                oldest - 1,
                self.store.latest_change()
            )));
        }
        let next = page.last().map_or(after, |change| change.sequence);
        let more = page.len() as u64 >= u64::from(MAX_PAGE);
        let changes = page.into_iter().filter(|change| change.organization == tenant);
        let changes = changes.filter_map(|change| {
            let vault = vault_of(&change, &vaults);
            let name = vault.map(|vault| vault.name.to_string());
            visible(caller, tenant, &change, vault).then_some((change, name))
        });
        Ok(ChangePage {
            changes: changes.collect(),
            next,
            more,
        })
    }
}

fn vault_of<'a>(change: &Change, vaults: &'a [Vault]) -> Option<&'a Vault> {
    let (Subject::Secret { vault, .. } | Subject::Vault { vault } | Subject::Consumers { vault, .. }) =
        &change.subject
    else {
        return None;
    };
    vaults.iter().find(|known| known.id == *vault)
}

fn visible(caller: &Caller, tenant: OrgId, change: &Change, vault: Option<&Vault>) -> bool {
    let allowed = |permission, environment: Option<&EnvName>, name: Option<&SecretName>| {
        let target = Target {
            organization: tenant,
            vault: vault.map(|vault| vault.name.as_str()),
            environment: environment.map(EnvName::as_str),
            name: name.map(SecretName::as_str),
        };
        decide(&caller.principal, permission, &target, vault) == Decision::Allow
    };
    match &change.subject {
        Subject::Secret {
            environment, name, ..
        } => vault.is_some() && allowed(Permission::List, Some(environment), Some(name)),
        Subject::Vault { .. } => allowed(Permission::List, None, None),
        Subject::ApiKey { .. } => allowed(Permission::ManageKeys, None, None),
        Subject::Consumers { environment, .. } => {
            vault.is_some() && allowed(Permission::ReadConsumers, Some(environment), None)
        }
    }
}
