//! A long random walk through the use-cases, over the engine and over the reference in memory: both must
//! answer alike at every step, and leave the same audit chain, link by link.

use std::{fmt::Debug, sync::Arc};

use coffer_domain::{
    Error,
    address::{Address, Place, Version},
    id::SecretId,
    metadata::Metadata,
    name::{OrgName, SecretName, VaultName},
    port::Entropy,
    secret_value::SecretValue,
    testkit::{ManualClock, MemoryStore, NoKeyPairs, SeededEntropy},
    usecase::{
        Caller, Coffer,
        secrets::{KEPT_IN_TRASH, PutOptions, Span, Which},
        vaults::VaultSettings,
    },
};
use jiff::SignedDuration;

use super::world::{AnyStore, env, now, secret_name};

const WALKS: u64 = 4;
const STEPS: usize = 500;

/// The use-cases over one store.
struct Walker {
    coffer: Coffer,
    clock: Arc<ManualClock>,
    organization: OrgName,
    vault: VaultName,
}

/// Random choices, the same for both.
struct Dice(SeededEntropy);

impl Dice {
    /// A number below `below`.
    fn roll(&self, below: u8) -> u8 {
        let mut byte = [0];
        self.0.fill(&mut byte);
        byte[0] % below
    }
}

/// One step of the walk.
#[derive(Debug, Clone)]
enum Step {
    Put(Address, Vec<u8>),
    Read(Address, Option<Version>),
    Delete(Address, Which),
    Undelete(Address, Which),
    Destroy(Address, Which),
    Versions(Address),
    List(Place, u32),
    Describe(Address, bool),
    Rename(Address, Address),
    RollBack(Address, Version),
    Trash(Address),
    ListTrash,
    Restore(usize),
    Purge(usize),
    EmptyTrash,
    Replace(Place, Vec<(SecretName, SecretValue)>),
    Pull(Place),
    AddEnvironment,
    RenameEnvironment(bool),
    DropEnvironment,
    Sweep,
    CreateVault,
    DropVault,
}

fn step(dice: &Dice, walker: &Walker) -> Step {
    let environment = env(["default", "staging"][usize::from(dice.roll(2))]);
    let place = Place {
        organization: walker.organization.clone(),
        vault: walker.vault.clone(),
        environment,
    };
    let address = place.secret(secret_name(&format!("app/KEY{}", dice.roll(5))));
    let version = Version::new(u64::from(dice.roll(6)));
    let which = version.map_or(Which::All, |version| Which::These(vec![version]));
    match dice.roll(115) {
        0..24 => Step::Put(address, vec![b'v'; usize::from(dice.roll(50))]),
        24..38 => Step::Read(address, version),
        38..44 => Step::Delete(address, which),
        44..48 => Step::Undelete(address, which),
        48..52 => Step::Destroy(address, which),
        52..56 => Step::Versions(address),
        56..60 => Step::List(place, 1 + u32::from(dice.roll(4))),
        60..63 | 108..114 => Step::CreateVault,
        63..67 => Step::Describe(address, dice.roll(2) == 0),
        67..71 => Step::Rename(
            address,
            place.secret(secret_name(&format!("app/KEY{}", dice.roll(5)))),
        ),
        71..75 => Step::RollBack(address, version.unwrap_or(Version::FIRST)),
        75..81 => Step::Trash(address),
        81..84 => Step::ListTrash,
        84..88 => Step::Restore(usize::from(dice.roll(3))),
        88..91 => Step::Purge(usize::from(dice.roll(3))),
        91 => Step::EmptyTrash,
        92..95 => Step::Replace(place, values(dice)),
        95..99 => Step::Pull(place),
        99..102 => Step::AddEnvironment,
        102..106 => Step::RenameEnvironment(dice.roll(2) == 0),
        106 => Step::DropEnvironment,
        107 => Step::Sweep,
        _ => Step::DropVault,
    }
}

fn values(dice: &Dice) -> Vec<(SecretName, SecretValue)> {
    let one = |n: u8| {
        let value = vec![b'w'; usize::from(dice.roll(3))];
        (secret_name(&format!("app/KEY{n}")), SecretValue::new(value))
    };
    (0..5).filter(|_| dice.roll(2) == 0).map(one).collect()
}

fn told<T: Debug>(answer: &Result<T, Error>) -> String {
    format!("{answer:?}")
}

impl Walker {
    async fn new(store: AnyStore, seed: u64) -> Self {
        let clock = Arc::new(ManualClock::at(now()));
        let entropy = Arc::new(SeededEntropy::new(seed));
        let coffer = Coffer::new(store, clock.clone(), entropy, Arc::new(NoKeyPairs));
        let organization = OrgName::new(format!("walk{seed}")).unwrap();
        coffer
            .ensure_organization(&Caller::controller(), &organization)
            .await
            .unwrap();
        Self {
            coffer,
            clock,
            organization,
            vault: VaultName::new("app").unwrap(),
        }
    }

    /// Takes the step; what came of it, in words.
    async fn take(&self, step: Step) -> String {
        self.clock.advance(SignedDuration::from_millis(1));
        let (coffer, caller) = (&self.coffer, &Caller::controller());
        match step {
            Step::Put(at, value) => told(
                &coffer
                    .put_secret(caller, &at, SecretValue::new(value), PutOptions::default())
                    .await,
            ),
            Step::Read(at, version) => {
                let read = coffer.read_secret(caller, &at, version).await;
                told(&read.map(|read| (read.value.reveal().to_vec(), read)))
            }
            Step::Delete(at, which) => told(&coffer.delete_secret(caller, &at, &which).await),
            Step::Undelete(at, which) => told(&coffer.undelete_secret(caller, &at, &which).await),
            Step::Destroy(at, which) => told(&coffer.destroy_secret(caller, &at, &which).await),
            Step::Versions(at) => told(&coffer.list_versions(caller, &at).await),
            Step::List(place, limit) => told(&coffer.list_secrets(caller, &place, None, limit).await),
            Step::Describe(..)
            | Step::Rename(..)
            | Step::RollBack(..)
            | Step::Replace(..)
            | Step::Pull(_) => self.take_of_secrets(step).await,
            Step::Trash(_)
            | Step::ListTrash
            | Step::Restore(_)
            | Step::Purge(_)
            | Step::EmptyTrash
            | Step::Sweep => self.take_of_trash(step).await,
            Step::AddEnvironment | Step::RenameEnvironment(_) | Step::DropEnvironment => {
                self.take_of_environments(step).await
            }
            Step::CreateVault => {
                let environments = vec![env("default"), env("staging")];
                let settings = VaultSettings {
                    environments,
                    access: vec![],
                    owner: None,
                };
                told(
                    &coffer
                        .create_vault(caller, &self.organization, &self.vault, settings)
                        .await,
                )
            }
            Step::DropVault => told(
                &coffer
                    .drop_vault(caller, &self.organization, &self.vault, None)
                    .await,
            ),
        }
    }
}

impl Walker {
    async fn take_of_secrets(&self, step: Step) -> String {
        let (coffer, caller) = (&self.coffer, &Caller::controller());
        match step {
            Step::Describe(at, enabled) => {
                let change = |old: Metadata| Ok(Metadata { enabled, ..old });
                told(&coffer.amend_secret(caller, &at, change).await)
            }
            Step::Rename(at, to) => told(&coffer.rename_secret(caller, &at, &to.name).await),
            Step::RollBack(at, version) => told(&coffer.roll_back_secret(caller, &at, version).await),
            Step::Replace(at, values) => told(
                &coffer
                    .replace_environment(caller, &at, &values, KEPT_IN_TRASH)
                    .await,
            ),
            Step::Pull(at) => {
                let read = coffer.read_environment(caller, &at, Span::ALL).await;
                told(&read.map(|all| {
                    all.into_iter()
                        .map(|one| (one.value.reveal().to_vec(), one))
                        .collect::<Vec<_>>()
                }))
            }
            other => panic!("{other:?} is not about secrets"),
        }
    }

    async fn take_of_trash(&self, step: Step) -> String {
        let (coffer, caller) = (&self.coffer, &Caller::controller());
        let (organization, vault) = (&self.organization, &self.vault);
        let listed = coffer.list_trash(caller, organization, vault).await;
        let nth = |n: usize| {
            let known = listed.as_ref().ok().and_then(|all| all.get(n));
            known.map_or(SecretId::from_bytes([0; 16]), |secret| secret.id)
        };
        match step {
            Step::Trash(at) => told(
                &coffer
                    .trash_secret(caller, &at, SignedDuration::from_millis(50))
                    .await,
            ),
            Step::ListTrash => told(&listed),
            Step::Restore(n) => told(&coffer.restore_secret(caller, organization, vault, nth(n)).await),
            Step::Purge(n) => told(&coffer.purge_secret(caller, organization, vault, nth(n)).await),
            Step::EmptyTrash => told(&coffer.empty_trash(caller, organization, vault).await),
            Step::Sweep => told(&coffer.sweep_trash().await),
            other => panic!("{other:?} is not about the trash"),
        }
    }

    async fn take_of_environments(&self, step: Step) -> String {
        let (coffer, caller) = (&self.coffer, &Caller::controller());
        let (organization, vault) = (&self.organization, &self.vault);
        let (staging, other) = (env("staging"), env("other"));
        match step {
            Step::AddEnvironment => told(
                &coffer
                    .add_environment(caller, organization, vault, &staging)
                    .await,
            ),
            Step::RenameEnvironment(back) => {
                let names = if back {
                    (&other, &staging)
                } else {
                    (&staging, &other)
                };
                told(
                    &coffer
                        .rename_environment(caller, organization, vault, names)
                        .await,
                )
            }
            Step::DropEnvironment => told(
                &coffer
                    .drop_environment(caller, organization, vault, &staging)
                    .await,
            ),
            other => panic!("{other:?} is not about environments"),
        }
    }
}

pub(crate) async fn a_random_walk_goes_as_in_the_reference(store: AnyStore) {
    for seed in 1..=WALKS {
        let reference: AnyStore = MemoryStore::new();
        let (mut answered, dice) = (0, Dice(SeededEntropy::new(seed)));
        let one = Walker::new(Arc::clone(&store), seed).await;
        let two = Walker::new(Arc::clone(&reference), seed).await;
        for number in 0..STEPS {
            let step = if number == 0 {
                Step::CreateVault
            } else {
                step(&dice, &one)
            };
            let (ours, theirs) = (one.take(step.clone()).await, two.take(step.clone()).await);
            assert_eq!(ours, theirs, "walk {seed}, step {number}: {step:?}");
            answered += usize::from(ours.starts_with("Ok"));
        }
        assert!(
            answered > STEPS / 4,
            "walk {seed} is all errors: {answered} of {STEPS} steps succeeded"
        );
        let id = store.organization(&one.organization).await.unwrap().unwrap().id;
        assert_eq!(
            store.audit(id, 0, u32::MAX).await.unwrap(),
            reference.audit(id, 0, u32::MAX).await.unwrap()
        );
    }
}
