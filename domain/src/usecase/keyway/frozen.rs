//! Vaults that a plan makes read-only: what was made while a plan went further stays, and can be read.

use super::{Entered, Keyway};
use crate::Error;

/// Why a vault is read-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frozen {
    /// Its owner has as many older private vaults as the plan allows.
    PlanLimit,
    /// It is private, and its organization has no paid plan and no trial.
    OrganizationPlan,
}

impl Keyway {
    /// Whether a vault is read-only on a plan with `most` private vaults to a user: the oldest stay writable. Only
    /// those whom the forge knows are held to plans.
    pub async fn frozen(&self, entered: &Entered, most: usize) -> Result<Option<Frozen>, Error> {
        let Some(repository) = entered.repository.as_ref().filter(|found| found.private) else {
            return Ok(None);
        };
        if repository.organization {
            let (trial, now) = (self.trial_of(&repository.owner).await?, self.coffer.clock().now());
            let tries = trial.is_some_and(|trial| now < trial.ends());
            return Ok((!tries).then_some(Frozen::OrganizationPlan));
        }
        let this = &entered.located.vault;
        let mut older = 0;
        for vault in self.vaults_of(&repository.owner).await? {
            if (vault.created_at, vault.id) >= (this.created_at, this.id) {
                continue;
            }
            let other = self
                .forge
                .repository(&repository.owner, vault.name.as_str())
                .await?;
            older += usize::from(other.is_some_and(|other| other.private));
        }
        Ok((older >= most).then_some(Frozen::PlanLimit))
    }
}
