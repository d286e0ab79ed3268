//! Making an environment hold what a `VaultSecret` declares, in one commit, and changing nothing when it
//! does already.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;

use super::{
    WRITE,
    plan::{Ownership, Patience, Plan, released},
    rotate::public_name,
    write::{check_mutable, check_size},
};
use crate::{
    Error,
    address::{Place, Version},
    audit::Outcome,
    entity::{Owner, Secret, VersionState},
    generate::{Generator, PUBLIC_SUFFIX},
    metadata::Metadata,
    name::SecretName,
    secret_value::SecretValue,
    store::LocatedVault,
    usecase::{ATTEMPTS, Caller, Coffer, MAX_PAGE, contended},
};

/// Where a declared value comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// Made by Coffer once, and again on rotation.
    Generate(Generator),
    /// Copied from elsewhere: this is what it is now.
    Copy(SecretValue),
    /// Written through an API.
    External,
    /// Left as it is: its source cannot be read now.
    Keep,
}

/// One declared key.
#[derive(Debug, Clone)]
pub struct Declared {
    /// Its name.
    pub name: SecretName,
    /// Where its value comes from.
    pub source: Source,
    /// The version that is to give way to a new one now (generated ones only). If another one is current, that has
    /// happened, and does not happen again; nor while the one before is still on its way out.
    pub rotate: Option<Version>,
    /// How long, at most, the version before is kept for consumers that have not put the newer one in place; then it
    /// is deleted. `None`: it stays.
    pub patience: Option<Duration>,
}

/// Everything that one object declares.
#[derive(Debug, Clone)]
pub struct Declaration {
    /// The object.
    pub owner: Owner,
    /// Its keys.
    pub keys: Vec<Declared>,
    /// Whether to look through the whole environment for keys that it declared once and does not any more.
    /// Not needed for an object that has not changed since it was declared, and dear in a large environment.
    pub sweep: bool,
    /// Whether such keys are deleted, or released.
    pub delete_removed: bool,
}

/// How a declared key stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyState {
    /// Its name.
    pub name: SecretName,
    /// The current version; `None` for an external one nobody has written.
    pub version: Option<Version>,
    /// When that was written.
    pub changed_at: Option<Timestamp>,
    /// Why an env file cannot carry it.
    pub env_file_unfit: Option<String>,
}

impl Coffer {
    /// Applies a declaration; says how each key (and each public half of a key pair) stands afterwards.
    pub async fn declare_secrets(
        &self,
        caller: &Caller,
        place: &Place,
        declaration: &Declaration,
    ) -> Result<Vec<KeyState>, Error> {
        for _ in 0..ATTEMPTS {
            let located = self.authorise(caller, WRITE, place, None).await?;
            let present = if declaration.sweep {
                self.environment(&located, place).await?
            } else {
                self.declared_only(&located, place, declaration).await?
            };
            let event = self.event(caller, "secret.declare", place.to_string(), Outcome::Allowed);
            let mut plan = Plan::new(place, &located, event);
            for key in &declaration.keys {
                self.plan_key(&mut plan, &located, place, &present, declaration, key)
                    .await?;
            }
            self.plan_removed(&mut plan, &present, declaration).await?;
            if plan.is_empty() || self.try_commit(plan.finish()).await? {
                return self.states(&located, place, declaration).await;
            }
        }
        Err(contended(place))
    }

    pub(super) async fn add_present(
        &self,
        present: &mut BTreeMap<SecretName, Secret>,
        located: &LocatedVault,
        place: &Place,
        name: &SecretName,
    ) -> Result<(), Error> {
        let secret = self
            .store
            .secret(located.vault.id, &place.environment, name)
            .await?;
        present.extend(secret.map(|secret| (name.clone(), secret)));
        Ok(())
    }

    /// Every secret of an environment that is not in the trash, by name.
    pub(crate) async fn environment(
        &self,
        located: &LocatedVault,
        place: &Place,
    ) -> Result<BTreeMap<SecretName, Secret>, Error> {
        let mut all = BTreeMap::new();
        let mut after = None;
        loop {
            let page = self
                .store
                .secrets(located.vault.id, &place.environment, after.as_ref(), MAX_PAGE)
                .await?;
            let complete = page.len() < MAX_PAGE as usize;
            after = page.last().map(|secret| secret.name.clone());
            all.extend(page.into_iter().map(|secret| (secret.name.clone(), secret)));
            if complete {
                return Ok(all);
            }
        }
    }

    async fn declared_only(
        &self,
        located: &LocatedVault,
        place: &Place,
        declaration: &Declaration,
    ) -> Result<BTreeMap<SecretName, Secret>, Error> {
        let mut found = BTreeMap::new();
        for key in &declaration.keys {
            let public = matches!(key.source, Source::Generate(Generator::KeyPair { .. }));
            let public = public.then(|| public_name(&key.name)).transpose()?;
            for name in std::iter::once(key.name.clone()).chain(public) {
                self.add_present(&mut found, located, place, &name).await?;
            }
        }
        Ok(found)
    }

    async fn plan_key(
        &self,
        plan: &mut Plan<'_>,
        located: &LocatedVault,
        place: &Place,
        all: &BTreeMap<SecretName, Secret>,
        declaration: &Declaration,
        key: &Declared,
    ) -> Result<(), Error> {
        let present = all.get(&key.name);
        if let Some(owner) = present
            .and_then(|secret| secret.owner.as_ref())
            .filter(|owner| **owner != declaration.owner)
        {
            return Err(Error::Managed {
                what: place.secret(key.name.clone()).to_string(),
                owner: owner.clone(),
            });
        }
        if matches!(key.source, Source::Copy(_) | Source::Generate(_)) {
            check_mutable(&place.secret(key.name.clone()), present)?;
        }
        let owner = Some(declaration.owner.clone());
        let patience = Patience::Set(key.patience);
        match &key.source {
            Source::External => release(plan, present),
            Source::Keep => {}
            Source::Copy(value) => {
                check_size(value)?;
                let same = match present {
                    Some(secret) => self.holds(located, place, secret, value).await?,
                    None => false,
                };
                let ownership = Ownership {
                    owner,
                    patience,
                    ..Ownership::default()
                };
                match present.filter(|_| same) {
                    Some(secret) => adopt(plan, secret, ownership),
                    None => drop(plan.write(self, &key.name, present, value.clone(), ownership)),
                }
            }
            Source::Generate(generator) => {
                let ownership = Ownership {
                    owner,
                    generator: Some(*generator),
                    metadata: None,
                    patience,
                };
                match present.filter(|secret| secret.current.is_some() && !is_to_rotate(secret, key)) {
                    Some(secret) => adopt(plan, secret, ownership),
                    None => self.plan_made(plan, all, key, *generator, ownership)?,
                }
            }
        }
        Ok(())
    }

    /// A generated version of a key that has none, or is rotated.
    fn plan_made(
        &self,
        plan: &mut Plan<'_>,
        all: &BTreeMap<SecretName, Secret>,
        key: &Declared,
        generator: Generator,
        ownership: Ownership,
    ) -> Result<(), Error> {
        let made = self.generate(generator)?;
        plan.write(self, &key.name, all.get(&key.name), made.value, ownership.clone());
        if let Some(public) = made.public {
            let name = public_name(&key.name)?;
            plan.write(
                self,
                &name,
                all.get(&name),
                public,
                Ownership {
                    generator: None,
                    ..ownership
                },
            );
        }
        Ok(())
    }

    /// Whether that is the current value.
    pub(super) async fn holds(
        &self,
        located: &LocatedVault,
        place: &Place,
        secret: &Secret,
        value: &SecretValue,
    ) -> Result<bool, Error> {
        if secret.current.is_none() {
            return Ok(false);
        }
        let opened = self
            .store
            .open(located, &place.environment, &secret.name, None)
            .await?;
        Ok(opened
            .and_then(|opened| opened.value)
            .is_some_and(|now| now == *value))
    }

    pub(super) async fn plan_removed(
        &self,
        plan: &mut Plan<'_>,
        all: &BTreeMap<SecretName, Secret>,
        declaration: &Declaration,
    ) -> Result<(), Error> {
        let declared = |name: &SecretName| {
            let base = name.as_str().strip_suffix(PUBLIC_SUFFIX);
            declaration.keys.iter().any(|key| {
                key.name == *name
                    || (base == Some(key.name.as_str())
                        && matches!(key.source, Source::Generate(Generator::KeyPair { .. })))
            })
        };
        let owned = all
            .values()
            .filter(|secret| secret.owner.as_ref() == Some(&declaration.owner));
        for secret in owned.filter(|secret| !declared(&secret.name)) {
            if declaration.delete_removed {
                let versions = self.store.versions(secret.id).await?;
                let live = versions.iter().filter(|meta| meta.state == VersionState::Live);
                let live: Vec<Version> = live.map(|meta| meta.version).collect();
                plan.shift_released(secret, &versions, &live, VersionState::Deleted);
            } else {
                plan.amend(secret, released(secret));
            }
        }
        Ok(())
    }

    async fn states(
        &self,
        located: &LocatedVault,
        place: &Place,
        declaration: &Declaration,
    ) -> Result<Vec<KeyState>, Error> {
        let mut states = Vec::new();
        for key in &declaration.keys {
            states.push(self.state(located, place, key.name.clone()).await?);
            if let Source::Generate(Generator::KeyPair { .. }) = key.source {
                states.push(self.state(located, place, public_name(&key.name)?).await?);
            }
        }
        Ok(states)
    }

    async fn state(
        &self,
        located: &LocatedVault,
        place: &Place,
        name: SecretName,
    ) -> Result<KeyState, Error> {
        let secret = self
            .store
            .secret(located.vault.id, &place.environment, &name)
            .await?;
        let Some((secret, version)) =
            secret.and_then(|secret| secret.current.map(|version| (secret, version)))
        else {
            return Ok(KeyState {
                name,
                version: None,
                changed_at: None,
                env_file_unfit: None,
            });
        };
        let versions = self.store.versions(secret.id).await?;
        let meta = versions.into_iter().find(|meta| meta.version == version);
        let (changed_at, env_file_unfit) =
            meta.map_or((None, None), |meta| (Some(meta.created_at), meta.env_file_unfit));
        Ok(KeyState {
            name,
            version: Some(version),
            changed_at,
            env_file_unfit,
        })
    }
}

/// Whether it is at the version that is to go, and not waiting for an earlier one to be gone.
fn is_to_rotate(secret: &Secret, key: &Declared) -> bool {
    let waits = secret.retiring().is_some();
    key.rotate.is_some() && key.rotate == secret.current && !waits
}

/// Takes over a secret whose value is right already.
fn adopt(plan: &mut Plan<'_>, present: &Secret, ownership: Ownership) {
    let succession = ownership.patience.over(Some(present));
    let adopted = Secret {
        owner: ownership.owner,
        generator: ownership.generator,
        metadata: Metadata::with_succession(present.metadata.clone(), succession),
        ..present.clone()
    };
    if adopted != *present {
        plan.amend(present, adopted);
    }
}

/// An external value belongs to whoever writes it.
fn release(plan: &mut Plan<'_>, present: Option<&Secret>) {
    if let Some(secret) = present.filter(|secret| secret.owner.is_some() || secret.generator.is_some()) {
        plan.amend(secret, released(secret));
    }
}
