//! Sealed values: their form, their place, and whether the key is the vault's present one, as far as that is known.
//! What is inside, and that it opens, only the server can tell.

use std::collections::BTreeMap;

use coffer_crds::Source;
use coffer_domain::{
    address::{Address, Place},
    seal::{KeyId, Sealed, VaultPublicKey},
};

use super::{
    finding::{Level, Report},
    objects::{Object, Objects},
};

/// The keys that were given, by namespace and vault.
pub struct Keys(BTreeMap<(String, String), Vec<KeyId>>);

impl Keys {
    /// Of these.
    pub fn new(given: Vec<VaultPublicKey>) -> Self {
        let mut keys: BTreeMap<_, Vec<KeyId>> = BTreeMap::new();
        for key in given {
            let vault = (key.organization.into(), key.vault.into());
            keys.entry(vault).or_default().push(key.key.id());
        }
        Self(keys)
    }

    fn of(&self, place: &Place) -> Option<&[KeyId]> {
        let vault = (place.organization.to_string(), place.vault.to_string());
        self.0.get(&vault).map(Vec::as_slice)
    }
}

/// Checks every sealed value.
pub fn check(objects: &Objects, keys: &Keys, report: &mut Report) {
    for (object, spec) in objects.secrets() {
        for (name, entry) in &spec.data {
            if let Ok(Source::Sealed(text)) = entry.source() {
                let here = address(object, &spec.vault_ref.name, spec.environment(), name);
                let found = here.and_then(|here| one(text, &here, keys));
                if let Some((level, why)) = found {
                    report.push(object.finding(level, format!("spec.data.{name}.sealed: {why}")));
                }
            }
        }
    }
}

/// Where the object is; names that are none are the definition's to refuse.
fn address(object: &Object, vault: &str, environment: &str, name: &str) -> Option<Address> {
    let place = Place {
        organization: object.namespace.parse().ok()?,
        vault: vault.parse().ok()?,
        environment: environment.parse().ok()?,
    };
    Some(place.secret(name.parse().ok()?))
}

fn one(text: &str, here: &Address, keys: &Keys) -> Option<(Level, String)> {
    let sealed: Sealed = match text.parse() {
        Ok(sealed) => sealed,
        Err(bad) => return Some((Level::Error, bad.to_string())),
    };
    if let Err(elsewhere) = sealed.check_place(here) {
        return Some((Level::Error, elsewhere.to_string()));
    }
    let known = keys.of(&here.place)?;
    let message =
        "and not to the public key that was given: if that is an older key of the vault, coffer reseal";
    (!known.contains(&sealed.key))
        .then(|| (Level::Warning, format!("sealed to key {}, {message}", sealed.key)))
}
