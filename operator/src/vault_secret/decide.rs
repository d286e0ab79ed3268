//! What to declare for a `VaultSecret`, and whether its values are due to be rotated. Pure.

use std::{collections::BTreeMap, time::Duration};

use coffer_crds::{
    Algorithm, Alphabet, DataEntry, DeletionPolicy, Generate, GenerateType, RemoteVersion, Rotation, Source,
    VaultSecretSpec, condition::reason,
};
use coffer_domain::{
    generate::{Alphabet as Characters, Generator},
    name::SecretName,
    port::KeyAlgorithm,
    rotation::Schedule,
    usecase::secrets::{Declaration, Declared, KeyState, Source as Origin},
};
use jiff::Timestamp;

use super::{
    gather::World,
    remote::{Report, report},
};
use crate::{identity::misnamed, problem::Problem, restart, schedule};

/// What to do.
pub struct Decision {
    /// What the store should hold.
    pub declaration: Declaration,
    /// When generated values rotate.
    pub schedule: Option<Schedule>,
    /// The generated keys that are rotated now.
    pub rotating: Vec<SecretName>,
    /// Whether something may be on its way out.
    pub settles: bool,
    /// What entries' values are from, on another server.
    pub remotes: BTreeMap<String, RemoteVersion>,
    /// What the status says of those.
    pub report: Option<Report>,
    /// Why some value could not be read: the others are declared all the same.
    pub problem: Option<Problem>,
}

/// Decides.
pub fn decide(spec: &VaultSecretSpec, world: &World) -> Result<Decision, Problem> {
    let schedule = spec
        .rotation
        .as_ref()
        .map(|rotation| schedule::parse(rotation.timing()))
        .transpose()?;
    let windows = spec.restart.as_ref().map(restart::windows).transpose();
    windows.map_err(|bad| Problem::stalled(reason::INVALID_SPEC, bad))?;
    // The next rotation waits until the last one is over.
    let waits = world.stored.values().any(|secret| secret.retiring().is_some());
    let due = schedule
        .as_ref()
        .is_some_and(|schedule| !waits && is_due(spec, world, schedule));
    let patience = spec.rotation.as_ref().and_then(Rotation::patience_seconds);
    let mut keys = Vec::with_capacity(spec.data.len());
    let mut problem = None;
    for (key, entry) in &spec.data {
        let (declared, trouble) = declared(key, entry, world, due)?;
        keys.push(declared);
        problem = problem.or(trouble);
    }
    for key in keys
        .iter_mut()
        .filter(|key| matches!(key.source, Origin::Generate(_)))
    {
        key.patience = patience.map(Duration::from_secs);
    }
    let rotating = keys.iter().filter(|key| key.rotate.is_some());
    let rotating = rotating.map(|key| key.name.clone()).collect();
    let delete_removed = spec.deletion_policy() == DeletionPolicy::Delete;
    let declaration = Declaration {
        owner: world.owner.clone(),
        keys,
        sweep: world.may_have_left,
        delete_removed,
    };
    Ok(Decision {
        declaration,
        schedule,
        rotating,
        settles: waits || patience.is_some(),
        remotes: records(world),
        report: report(&world.remotes.entries),
        problem,
    })
}

fn records(world: &World) -> BTreeMap<String, RemoteVersion> {
    let entries = world.remotes.entries.iter();
    entries
        .filter_map(|(key, entry)| Some((key.clone(), entry.record()?)))
        .collect()
}

/// One entry, and why its value could not be read.
fn declared(
    key: &str,
    entry: &DataEntry,
    world: &World,
    due: bool,
) -> Result<(Declared, Option<Problem>), Problem> {
    let name = SecretName::new(key).map_err(|bad| misnamed(&format!("data.{key}"), &bad))?;
    let source = entry
        .source()
        .map_err(|bad| Problem::stalled(reason::INVALID_SPEC, format!("data.{key}: {bad}")))?;
    let plain = |source| Declared {
        name: name.clone(),
        source,
        rotate: None,
        patience: None,
    };
    Ok(match source {
        Source::Generate(generate) => {
            let source = Origin::Generate(generator(key, generate)?);
            let current = world.stored.get(key).and_then(|secret| secret.current);
            let rotate = current.filter(|_| due);
            (
                Declared {
                    rotate,
                    ..plain(source)
                },
                None,
            )
        }
        Source::External(_) => (plain(Origin::External), None),
        Source::Remote(_) => {
            let entry = world.remotes.entries.get(key);
            let copy = entry.and_then(|entry| entry.copy.as_ref());
            let origin = copy.map_or(Origin::Keep, |(value, _)| Origin::Copy(value.clone()));
            (plain(origin), entry.and_then(|entry| entry.problem(key)))
        }
        Source::SecretKeyRef(_) | Source::Sealed(_) => match world.copies.get(key) {
            Some(Ok(value)) => (plain(Origin::Copy(value.clone())), None),
            Some(Err(problem)) => (plain(Origin::Keep), Some(problem.clone())),
            None => (plain(Origin::Keep), None),
        },
    })
}

/// Due when the oldest generated value is: however many times were missed, the values rotate once.
fn is_due(spec: &VaultSecretSpec, world: &World, schedule: &Schedule) -> bool {
    let times = generated(spec).filter_map(|name| {
        let secret = world.stored.get(name)?;
        secret.current.map(|_| secret.updated_at)
    });
    times
        .min()
        .is_some_and(|oldest| schedule.is_due(oldest, world.now))
}

/// When the values, standing as `states` says, are due next.
pub fn next_rotation(spec: &VaultSecretSpec, schedule: &Schedule, states: &[KeyState]) -> Option<Timestamp> {
    let changed = |name| {
        states
            .iter()
            .find(|state| state.name.as_str() == name)?
            .changed_at
    };
    let oldest = generated(spec).filter_map(changed).min()?;
    schedule.next_after(oldest)
}

/// When generated values were last replaced, if they ever were.
pub fn last_rotation(spec: &VaultSecretSpec, states: &[KeyState]) -> Option<Timestamp> {
    let replaced = |name| {
        let state = states.iter().find(|state| state.name.as_str() == name)?;
        state
            .version
            .filter(|version| version.get() > 1)
            .and(state.changed_at)
    };
    generated(spec).filter_map(replaced).max()
}

/// The names of the generated entries.
fn generated(spec: &VaultSecretSpec) -> impl Iterator<Item = &str> {
    let entries = spec.data.iter().filter(|(_, entry)| entry.generate.is_some());
    entries.map(|(key, _)| key.as_str())
}

fn generator(key: &str, generate: &Generate) -> Result<Generator, Problem> {
    let bad = || {
        let message = format!(
            "data.{key}.generate.length: must be 8 to 4096, and is {}",
            generate.length()
        );
        Problem::stalled(reason::INVALID_SPEC, message)
    };
    let length = u16::try_from(generate.length())
        .ok()
        .filter(|length| (8..=4096).contains(length));
    let length = length.ok_or_else(bad)?;
    Ok(match generate.kind {
        GenerateType::Password => {
            let alphabet = match generate.alphabet() {
                Alphabet::Alphanumeric => Characters::Alphanumeric,
                Alphabet::Symbols => Characters::Symbols,
            };
            Generator::Password { length, alphabet }
        }
        GenerateType::Hex => Generator::Hex { bytes: length },
        GenerateType::Base64 => Generator::Base64 { bytes: length },
        GenerateType::Uuid => Generator::Uuid,
        GenerateType::KeyPair => Generator::KeyPair {
            algorithm: algorithm(generate.algorithm()),
        },
    })
}

fn algorithm(algorithm: Algorithm) -> KeyAlgorithm {
    match algorithm {
        Algorithm::Ed25519 => KeyAlgorithm::Ed25519,
        Algorithm::EcdsaP256 => KeyAlgorithm::EcdsaP256,
        Algorithm::Rsa2048 => KeyAlgorithm::Rsa2048,
        Algorithm::Rsa4096 => KeyAlgorithm::Rsa4096,
    }
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
