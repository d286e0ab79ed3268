//! Warnings about names that are not known, with the nearest one that is. Never a refusal: a vault may be
//! applied after its pods, and a value may be written through an API.

use crate::{
    annotation::{ENVIRONMENT, VAULT},
    denied::did_you_mean,
    known::{Index, Reader, Vault, admits},
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
        return keys(vault, wish, known, reader);
    }
    let (name, account, environment) = (&wish.vault, reader.service_account, &wish.environment);
    let near = did_you_mean(account, accounts(vault, wish));
    vec![format!(
        "{VAULT}: Vault {name} does not let service account {account} read {environment}; {near}the pod waits until \
         spec.access of the Vault does"
    )]
}

/// The service accounts of the vault's own namespace that may read something in the wish's environment.
fn accounts<'v>(vault: &'v Vault, wish: &Wish) -> impl Iterator<Item = &'v str> {
    let (own, environment) = (wish.organization.as_str(), wish.environment.as_str());
    let names = vault.access().iter().flat_map(|rule| &rule.service_accounts);
    let may = |service_account: &str| {
        let reader = Reader {
            namespace: own,
            service_account,
        };
        vault
            .access()
            .iter()
            .any(|rule| admits(rule, own, environment, reader))
    };
    let found: Vec<&str> = names.map(String::as_str).filter(|name| may(name)).collect();
    found.into_iter()
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

/// Keys that nothing names, and keys that the reader may not read.
fn keys(vault: &Vault, wish: &Wish, known: &Index, reader: Reader<'_>) -> Vec<String> {
    let keys = known.keys(wish);
    let (own, environment) = (wish.organization.as_str(), wish.environment.as_str());
    let (name, account) = (&wish.vault, reader.service_account);
    let warning = |(about, key): (String, &str)| {
        if !keys.contains(key) {
            let near = did_you_mean(key, keys.iter().copied());
            return Some(format!(
                "{about}: no VaultSecret of Vault {name} names key {key} in {environment}; {near}the pod waits until \
                 it has a value"
            ));
        }
        let grant = vault.grant(own, environment, reader, key);
        grant.is_none().then(|| {
            format!(
                "{about}: Vault {name} does not let service account {account} read {key} in {environment}; the pod \
                 waits until spec.access of the Vault does"
            )
        })
    };
    wish.secrets().filter_map(warning).take(MOST_NAMES).collect()
}
