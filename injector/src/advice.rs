//! Warnings about names that are not known, with the nearest one that is. Never a refusal: a vault may be
//! applied after its pods, and a value may be written through an API.

use crate::{
    annotation::{ENVIRONMENT, VAULT},
    denied::did_you_mean,
    known::{Index, Reader, Vault},
    wish::Wish,
};

/// The most names that are warned of one by one.
const MOST_NAMES: usize = 5;

/// What the author should know. Of another namespace's vault only whether it grants the pod anything:
/// whoever may make a pod here learns no names from there.
pub fn of(wish: &Wish, known: &Index, reader: Reader<'_>) -> Vec<String> {
    let (namespace, name) = (wish.organization.as_str(), wish.vault.as_str());
    let vault = known.vault(namespace, name);
    if namespace == reader.namespace {
        return vault.map_or_else(
            || vec![no_vault(wish, known)],
            |vault| of_own(vault, wish, known, reader),
        );
    }
    if vault.is_some_and(|vault| vault.grants(wish, reader)) {
        return Vec::new();
    }
    let (account, environment) = (reader.service_account, &wish.environment);
    vec![format!(
        "{VAULT}: no Vault {namespace}/{name} is known that lets service account {account} of this namespace read \
         {environment}; the pod waits until it does"
    )]
}

fn of_own(vault: &Vault, wish: &Wish, known: &Index, reader: Reader<'_>) -> Vec<String> {
    if !vault
        .environments()
        .any(|environment| environment == wish.environment.as_str())
    {
        return vec![no_environment(vault, wish)];
    }
    if vault.grants(wish, reader) {
        return unknown_keys(wish, known);
    }
    let (name, account, environment) = (&wish.vault, reader.service_account, &wish.environment);
    vec![format!(
        "{VAULT}: Vault {name} does not let service account {account} read {environment}; the pod waits until \
         spec.access of the Vault does"
    )]
}

fn no_vault(wish: &Wish, known: &Index) -> String {
    let (namespace, name) = (wish.organization.as_str(), wish.vault.as_str());
    let near = did_you_mean(name, known.vaults(namespace));
    format!("{VAULT}: namespace {namespace} has no Vault {name} yet; {near}the pod waits until it exists")
}

fn no_environment(vault: &Vault, wish: &Wish) -> String {
    let (name, environment) = (wish.vault.as_str(), wish.environment.as_str());
    let near = did_you_mean(environment, vault.environments());
    let all = vault
        .environments()
        .take(MOST_NAMES)
        .collect::<Vec<_>>()
        .join(", ");
    format!("{ENVIRONMENT}: Vault {name} has no environment {environment}; {near}it has {all}")
}

fn unknown_keys(wish: &Wish, known: &Index) -> Vec<String> {
    let keys = known.keys(wish);
    let unknown = wish.secrets().filter(|(_, name)| !keys.contains(name));
    let warning = |(about, name): (String, &str)| {
        let near = did_you_mean(name, keys.iter().copied());
        let (vault, environment) = (&wish.vault, &wish.environment);
        format!(
            "{about}: no VaultSecret of Vault {vault} names key {name} in {environment}; {near}the pod waits until \
             it has a value"
        )
    };
    unknown.take(MOST_NAMES).map(warning).collect()
}
