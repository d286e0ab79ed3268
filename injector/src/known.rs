//! The names of vaults, environments and keys, and who may read them, as the custom resources say. It
//! holds no value; it is a help for authors and the source of `*`, never the judge of a right: that is
//! the server's, when the agent asks.

use std::collections::{BTreeMap, BTreeSet};

use coffer_crds::{AccessRule, OnChange, ReferenceRule, VaultSecretSpec, VaultSpec};
use coffer_domain::pattern::Pattern;

use crate::wish::Wish;

/// Namespace and name of an object.
pub type Name = (String, String);

/// Who wants to read: the pod's service account.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'r> {
    /// Its namespace.
    pub namespace: &'r str,
    /// Its name.
    pub service_account: &'r str,
}

/// All names known.
#[derive(Debug, Default)]
pub struct Index {
    vaults: BTreeMap<String, BTreeMap<String, Vault>>,
    keys: BTreeMap<String, BTreeMap<Partition, Keys>>,
}

/// Vault and environment.
type Partition = (String, String);
/// Keys by the `VaultSecret` that names them.
type Keys = BTreeMap<String, Named>;

/// What a `VaultSecret` names.
#[derive(Debug)]
struct Named {
    keys: Box<[String]>,
    /// It says `onChange: signal`.
    signals: bool,
}

/// What is known of one vault.
#[derive(Debug)]
pub struct Vault {
    environments: Vec<String>,
    access: Vec<AccessRule>,
    references: Box<[ReferenceRule]>,
    max_stale: Option<u64>,
}

impl Index {
    /// Takes in a `Vault`.
    pub fn put_vault(&mut self, (namespace, name): Name, spec: &VaultSpec) {
        let environments = spec.environments().into_iter().map(str::to_owned).collect();
        let vault = Vault {
            environments,
            access: spec.access.clone(),
            references: spec.references.as_slice().into(),
            max_stale: spec.max_stale(),
        };
        self.vaults.entry(namespace).or_default().insert(name, vault);
    }

    /// Forgets a `Vault`.
    pub fn drop_vault(&mut self, (namespace, name): &Name) {
        if let Some(vaults) = self.vaults.get_mut(namespace) {
            vaults.remove(name);
        }
    }

    /// Takes in a `VaultSecret`.
    pub fn put_secret(&mut self, name: Name, spec: &VaultSecretSpec) {
        self.drop_secret(&name);
        let keys: Box<[String]> = spec
            .data
            .keys()
            .cloned()
            .chain(
                spec.data
                    .iter()
                    .filter_map(|(key, entry)| entry.public_key_name(key)),
            )
            .collect();
        let signals = spec.on_change == Some(OnChange::Signal);
        let partition = (spec.vault_ref.name.clone(), spec.environment().to_owned());
        self.keys
            .entry(name.0)
            .or_default()
            .entry(partition)
            .or_default()
            .insert(name.1, Named { keys, signals });
    }

    /// Forgets a `VaultSecret`.
    pub fn drop_secret(&mut self, (namespace, name): &Name) {
        if let Some(partitions) = self.keys.get_mut(namespace) {
            partitions.retain(|_, objects| {
                objects.remove(name);
                !objects.is_empty()
            });
        }
    }

    /// Forgets every `Vault` that is not among `names`.
    pub fn keep_vaults(&mut self, names: &BTreeSet<Name>) {
        for (namespace, vaults) in &mut self.vaults {
            vaults.retain(|name, _| names.contains(&(namespace.clone(), name.clone())));
        }
        self.vaults.retain(|_, vaults| !vaults.is_empty());
    }

    /// Forgets every `VaultSecret` that is not among `names`.
    pub fn keep_secrets(&mut self, names: &BTreeSet<Name>) {
        for (namespace, partitions) in &mut self.keys {
            for objects in partitions.values_mut() {
                objects.retain(|name, _| names.contains(&(namespace.clone(), name.clone())));
            }
            partitions.retain(|_, objects| !objects.is_empty());
        }
        self.keys.retain(|_, partitions| !partitions.is_empty());
    }

    /// One vault.
    pub fn vault(&self, namespace: &str, name: &str) -> Option<&Vault> {
        self.vaults.get(namespace)?.get(name)
    }

    /// The names of a namespace's vaults.
    pub fn vaults(&self, namespace: &str) -> impl Iterator<Item = &str> {
        self.vaults
            .get(namespace)
            .into_iter()
            .flat_map(BTreeMap::keys)
            .map(String::as_str)
    }

    /// The keys of the wish's vault and environment.
    pub fn keys(&self, wish: &Wish) -> BTreeSet<&str> {
        self.named(wish, |_| true)
    }

    /// Those of them whose `VaultSecret` says `onChange: signal`.
    pub fn signalled(&self, wish: &Wish) -> BTreeSet<&str> {
        self.named(wish, |named| named.signals)
    }

    fn named(&self, wish: &Wish, which: impl Fn(&Named) -> bool) -> BTreeSet<&str> {
        let partition = (
            wish.vault.as_str().to_owned(),
            wish.environment.as_str().to_owned(),
        );
        let objects = self
            .keys
            .get(wish.organization.as_str())
            .and_then(|partitions| partitions.get(&partition));
        objects
            .into_iter()
            .flat_map(BTreeMap::values)
            .filter(|named| which(named))
            .flat_map(|named| &named.keys)
            .map(String::as_str)
            .collect()
    }

    /// Those keys that `reader` may read. For a vault that is not known, all of its own namespace's and
    /// none of another's: names too are no stranger's business.
    pub fn readable<'i>(
        &'i self,
        wish: &Wish,
        reader: Reader<'i>,
    ) -> impl Iterator<Item = &'i str> + use<'i> {
        let own = wish.organization.as_str() == reader.namespace;
        let vault = self.vault(wish.organization.as_str(), wish.vault.as_str());
        let patterns = vault.map(|vault| vault.patterns(wish, reader));
        self.keys(wish).into_iter().filter(move |key| match &patterns {
            Some(patterns) => patterns.iter().any(|pattern| pattern.matches(key)),
            None => own,
        })
    }
}

impl Vault {
    /// The environments it has.
    pub fn environments(&self) -> impl Iterator<Item = &str> {
        self.environments.iter().map(String::as_str)
    }

    /// Whether its access rules grant `reader` anything in the wish's environment.
    pub fn grants(&self, wish: &Wish, reader: Reader<'_>) -> bool {
        !self.patterns(wish, reader).is_empty()
    }

    /// The name patterns that its access rules grant `reader` in the wish's environment.
    pub fn patterns(&self, wish: &Wish, reader: Reader<'_>) -> Vec<Pattern> {
        self.patterns_in(wish.organization.as_str(), wish.environment.as_str(), reader)
    }

    /// Which references of other programs are its secrets.
    pub fn references(&self) -> &[ReferenceRule] {
        &self.references
    }

    /// Whether `reader` may know what is in it: of its own namespace `own`, or let in by an access rule.
    pub fn is_shown_to(&self, own: &str, reader: Reader<'_>) -> bool {
        let granted = |environment: &String| !self.patterns_in(own, environment, reader).is_empty();
        own == reader.namespace || self.environments.iter().any(granted)
    }

    /// How old values may be that a pod starts with, in seconds; `None`: no pod may.
    pub fn max_stale(&self) -> Option<u64> {
        self.max_stale
    }

    /// The name patterns that its access rules grant `reader` in `environment`; the vault is in namespace `own`.
    pub fn patterns_in(&self, own: &str, environment: &str, reader: Reader<'_>) -> Vec<Pattern> {
        self.access
            .iter()
            .filter(|rule| admits(rule, own, environment, reader))
            .flat_map(AccessRule::keys)
            .map(Pattern::new)
            .collect()
    }

    /// Its access rules.
    pub fn access(&self) -> &[AccessRule] {
        &self.access
    }

    /// Which of its access rules, from 0, first lets `reader` read `key` in `environment`; the vault is in namespace
    /// `own`.
    pub fn grant(&self, own: &str, environment: &str, reader: Reader<'_>, key: &str) -> Option<usize> {
        self.access.iter().position(|rule| {
            admits(rule, own, environment, reader)
                && rule
                    .keys()
                    .into_iter()
                    .any(|pattern| Pattern::new(pattern).matches(key))
        })
    }
}

/// Whether a rule of a vault in namespace `own` lets `reader` read any name in `environment`.
pub fn admits(rule: &AccessRule, own: &str, environment: &str, reader: Reader<'_>) -> bool {
    let accounts = &rule.service_accounts;
    let namespaces = rule.namespaces(own);
    accounts
        .iter()
        .any(|name| name == "*" || name == reader.service_account)
        && namespaces
            .iter()
            .any(|name| *name == "*" || *name == reader.namespace)
        && rule.reaches(environment)
}
