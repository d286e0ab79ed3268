//! What our objects say of one another. What is not in these files may be in the cluster: that is a warning, unless
//! a name that is here is so close that it must have been meant.

use std::collections::BTreeMap;

use coffer_crds::{EnvironmentScope, Source, VaultSecretSpec, VaultSpec};
use coffer_domain::usecase::nearest;

use super::{
    finding::{Level, Report},
    objects::{Object, Objects},
    ours::hint,
};

/// The vaults by namespace and name.
type Vaults<'o> = BTreeMap<(&'o str, String), VaultSpec>;

/// Checks every reference.
pub fn check(objects: &Objects, report: &mut Report) {
    let vaults: Vaults<'_> = objects
        .vaults()
        .map(|(object, spec)| ((&*object.namespace, object.name.clone()), spec))
        .collect();
    for (object, spec) in objects.secrets() {
        vault(
            object,
            &spec.vault_ref.name,
            Some(spec.environment()),
            &vaults,
            report,
        );
        sources(object, &spec, objects, report);
    }
    for (object, spec) in objects.keys() {
        let environment = match spec.environment() {
            EnvironmentScope::All => None,
            EnvironmentScope::One(name) => Some(name),
        };
        vault(object, &spec.vault_ref.name, environment, &vaults, report);
    }
    owners(objects, report);
}

fn vault(object: &Object, name: &str, environment: Option<&str>, vaults: &Vaults<'_>, report: &mut Report) {
    let namespace = object.namespace.as_str();
    let Some(vault) = vaults.get(&(namespace, name.to_owned())) else {
        let here = vaults.keys().filter(|(its, _)| *its == namespace);
        let near = nearest(name, here.map(|(_, name)| name.as_str()));
        let (level, rest) = near.map_or((Level::Warning, " in these files".to_owned()), |near| {
            (Level::Error, format!("; did you mean {near}?"))
        });
        let message = format!("spec.vaultRef.name: there is no Vault {name} in namespace {namespace}{rest}");
        return report.push(object.finding(level, message));
    };
    let known = vault.environments();
    if let Some(unknown) = environment.filter(|wanted| !known.contains(wanted)) {
        let hint = hint(unknown, known);
        let message = format!("spec.environment: Vault {name} has no environment {unknown}{hint}");
        report.push(object.finding(Level::Error, message));
    }
}

/// Core Secrets that values are copied from, as far as they are here.
fn sources(object: &Object, spec: &VaultSecretSpec, objects: &Objects, report: &mut Report) {
    let secrets = objects.core_secrets();
    for (key, entry) in &spec.data {
        let Ok(Source::SecretKeyRef(reference)) = entry.source() else {
            continue;
        };
        let field = format!("spec.data.{key}.secretKeyRef");
        let namespace = object.namespace.as_str();
        let Some(keys) = secrets.get(&(namespace, &*reference.name)) else {
            let here = secrets.keys().filter(|(its, _)| *its == namespace);
            let hint = hint(&reference.name, here.map(|(_, name)| *name));
            let message = format!("{field}: Secret {} is not in these files{hint}", reference.name);
            report.push(object.finding(Level::Warning, message));
            continue;
        };
        if !keys.contains(&*reference.key) {
            let hint = hint(&reference.key, keys.iter().copied());
            let message = format!(
                "{field}: Secret {} has no key {}{hint}",
                reference.name, reference.key
            );
            report.push(object.finding(Level::Error, message));
        }
    }
}

/// A secret is one object's.
fn owners(objects: &Objects, report: &mut Report) {
    let mut owned: BTreeMap<_, &str> = BTreeMap::new();
    for (object, spec) in objects.secrets() {
        for name in spec.secret_names() {
            let vault = spec.vault_ref.name.clone();
            let place = (&*object.namespace, vault, spec.environment().to_owned(), name);
            if let Some(first) = owned.get(&place).filter(|first| **first != object.name) {
                let (_, vault, environment, name) = &place;
                let message = format!(
                    "spec.data.{name}: VaultSecret {first} has this key in environment {environment} of Vault {vault} too"
                );
                report.push(object.finding(Level::Error, message));
            } else {
                owned.insert(place, &object.name);
            }
        }
    }
}
