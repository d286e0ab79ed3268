//! What a `Vault`'s status says.

use coffer_crds::{Vault, VaultStatus, condition};
use coffer_domain::name::EnvName;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{Api, Resource};

use super::apply::Applied;
use crate::{conditions, context::Context, failure::Failure, problem::Problem, status};

/// Writes what differs, with an Event when Ready changes.
pub async fn write(
    vault: &Vault,
    context: &Context,
    api: &Api<Vault>,
    applied: Result<Applied, Problem>,
) -> Result<(), Failure> {
    let old = vault.status.clone().unwrap_or_default();
    let new = next(vault, &old, applied, &context.time());
    status::write(api, &context.fresh, vault, &old, &new).await?;
    context
        .events
        .publish_transition(&vault.object_ref(&()), &old.conditions, &new.conditions)
        .await;
    Ok(())
}

fn next(vault: &Vault, old: &VaultStatus, applied: Result<Applied, Problem>, now: &Time) -> VaultStatus {
    let generation = vault.meta().generation;
    let drafts = conditions::drafts(applied.as_ref().err(), "the vault is in place");
    let conditions = condition::merge(&old.conditions, drafts, generation, now);
    let observed_generation = generation;
    match applied {
        Err(_) => VaultStatus {
            observed_generation,
            conditions,
            ..old.clone()
        },
        Ok(Applied {
            vault,
            secrets,
            sealing,
        }) => {
            let environments: Vec<&str> = vault.environments.iter().map(EnvName::as_str).collect();
            VaultStatus {
                observed_generation,
                conditions,
                id: Some(vault.id.to_string()),
                environments: Some(environments.join(",")),
                secrets: Some(u32::try_from(secrets).unwrap_or(u32::MAX)),
                sealing: sealing.status(&vault.name),
            }
        }
    }
}
