//! Environments that are renamed while others write.

use std::sync::Arc;

use coffer_domain::{
    Error,
    address::Place,
    name::EnvName,
    secret_value::SecretValue,
    testkit::{ManualClock, NoKeyPairs, SeededEntropy},
    usecase::{Caller, Coffer, secrets::PutOptions},
};
use futures::future::join_all;

use super::world::{AnyStore, World, env, now, secret_name};

const WRITERS: usize = 4;
const WRITES: u64 = 25;
const RENAMES: usize = 20;

struct Moving {
    world: World,
    coffer: Coffer,
    caller: Caller,
}

impl Moving {
    fn place(&self, environment: EnvName) -> Place {
        Place {
            organization: self.world.organization.name.clone(),
            vault: self.world.vault.vault.name.clone(),
            environment,
        }
    }

    /// Writes one secret wherever it is; how often it was told that it was written.
    async fn write(&self, name: &str) -> u64 {
        let mut written = 0;
        while written < WRITES {
            for environment in ["default", "moved"] {
                let address = self.place(env(environment)).secret(secret_name(name));
                let value = SecretValue::from(written.to_string());
                let options = PutOptions::default();
                match self
                    .coffer
                    .put_secret(&self.caller, &address, value, options)
                    .await
                {
                    Ok(_) => written += 1,
                    // It has the other name just now.
                    Err(Error::NotFound { .. } | Error::Conflict(_)) => tokio::task::yield_now().await,
                    Err(other) => panic!("{other}"),
                }
            }
        }
        written
    }

    async fn rename(&self) {
        let Place {
            organization, vault, ..
        } = self.place(env("default"));
        let (mut renamed, default, moved) = (0, env("default"), env("moved"));
        while renamed < RENAMES {
            for names in [(&default, &moved), (&moved, &default)] {
                let coffer = &self.coffer;
                let done = coffer
                    .rename_environment(&self.caller, &organization, &vault, names)
                    .await;
                renamed += usize::from(done.is_ok());
            }
        }
    }
}

/// What each writer was told is written can be read, all of it.
pub(crate) async fn no_write_is_lost_while_an_environment_is_renamed(store: AnyStore) {
    let world = World::new(Arc::clone(&store)).await;
    let (clock, entropy) = (ManualClock::at(now()), SeededEntropy::new(5));
    let moving = Moving {
        world,
        coffer: Coffer::new(store, Arc::new(clock), Arc::new(entropy), Arc::new(NoKeyPairs)),
        caller: Caller::controller(),
    };
    let names: Vec<String> = (0..WRITERS).map(|writer| format!("KEY{writer}")).collect();
    let writers = join_all(names.iter().map(|name| moving.write(name)));
    let (written, ()) = futures::join!(writers, moving.rename());
    let world = &moving.world;
    let (organization, vault) = (&world.organization.name, &world.vault.vault.name);
    let located = world.store.vault(organization, vault).await.unwrap().unwrap();
    let here = located.vault.environments[0].as_str();
    for (name, written) in names.iter().zip(written) {
        let secret = world.find(here, name).await.unwrap();
        assert_eq!(secret.latest.get(), written, "every write is a version");
        for meta in world.store.versions(secret.id).await.unwrap() {
            let opened = world.open(here, name, Some(meta.version)).await.unwrap();
            let expected = (meta.version.get() - 1).to_string();
            assert_eq!(opened.value.unwrap().reveal(), expected.as_bytes());
        }
    }
    let count = world.store.count_secrets(located.vault.id).await.unwrap();
    assert_eq!(count, WRITERS as u64);
}
