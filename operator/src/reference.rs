//! `vaultRef`: the `Vault` that an object refers to, in its own namespace.

use std::sync::Arc;

use coffer_crds::{Vault, condition::reason};
use coffer_domain::usecase::nearest;
use kube::{ResourceExt, runtime::reflector::ObjectRef};

use crate::{context::Context, problem::Problem};

/// The `Vault` of this name in `namespace`.
pub fn referenced(context: &Context, namespace: &str, name: &str) -> Result<Arc<Vault>, Problem> {
    let vaults = &context.caches.vaults;
    vaults
        .get(&ObjectRef::new(name).within(namespace))
        .ok_or_else(|| {
            let here = vaults.state_filter(|vault| vault.namespace().as_deref() == Some(namespace));
            let names: Vec<String> = here.iter().map(|vault| vault.name_any()).collect();
            let hint = hint(name, names.iter().map(String::as_str));
            let message = format!("vaultRef.name: there is no Vault {name} in namespace {namespace}{hint}");
            Problem::waiting(reason::VAULT_NOT_FOUND, message)
        })
}

/// Whether the vault's own reconciliation has come to an end at least once.
pub fn was_looked_at(vault: &Vault) -> bool {
    vault
        .status
        .as_ref()
        .is_some_and(|status| status.observed_generation.is_some())
}

/// A hint at the nearest of `known`, to end a message with.
pub fn hint<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(wanted, known).map_or_else(String::new, |near| format!("; did you mean {near}?"))
}

/// A problem if `environment` is none of the vault's.
pub fn check_environment(vault: &Vault, environment: &str) -> Result<(), Problem> {
    let known = vault.spec.environments();
    if known.contains(&environment) {
        return Ok(());
    }
    let (name, hint) = (vault.name_any(), hint(environment, known));
    let message = format!("environment: Vault {name} has no environment {environment}{hint}");
    Err(Problem::waiting(reason::ENVIRONMENT_NOT_FOUND, message))
}
