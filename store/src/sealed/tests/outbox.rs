//! The outbox over a real store, whose rights epoch rises for some commits only.

use std::sync::Arc;

use coffer_domain::{
    address::Place,
    outbox::Subscription,
    testkit::{ManualClock, NoKeyPairs, SeededEntropy},
    usecase::{Caller, Coffer, secrets::PutOptions},
};

use super::{canary::assert_absent, world};
use crate::contract::world::{World, env, now, secret_name};

const SIGNING: &str = "canary-signing-secret-0123456789";

struct Outbox {
    world: World,
    coffer: Coffer,
    caller: Caller,
}

impl Outbox {
    fn over(world: World) -> Self {
        let (clock, entropy) = (ManualClock::at(now()), SeededEntropy::new(5));
        let coffer = Coffer::new(
            world.store.clone(),
            Arc::new(clock),
            Arc::new(entropy),
            Arc::new(NoKeyPairs),
        );
        Self {
            world,
            coffer,
            caller: Caller::controller(),
        }
    }

    async fn put(&self) {
        let place = Place {
            organization: self.world.organization.name.clone(),
            vault: self.world.vault.vault.name.clone(),
            environment: env("default"),
        };
        let address = place.secret(secret_name("KEY"));
        self.coffer
            .put_secret(&self.caller, &address, "x".into(), PutOptions::default())
            .await
            .unwrap();
    }

    async fn due(&self) -> usize {
        self.coffer.due_deliveries(&[], 100).await.unwrap().len()
    }
}

#[tokio::test]
async fn a_subscriber_hears_from_the_first_change_after_it_came_to_the_last_before_it_went() {
    let (world, directory) = world().await;
    let outbox = Outbox::over(world);
    let (coffer, caller) = (&outbox.coffer, &outbox.caller);
    let organization = &outbox.world.organization.name;
    outbox.put().await;
    assert_eq!(outbox.due().await, 0);
    let subscription = Subscription {
        labels: std::collections::BTreeMap::new(),
        url: "https://example.com/".into(),
        events: vec!["secret.*".into()],
        active: true,
        door: "secryn".into(),
        secret: SIGNING.into(),
    };
    coffer
        .create_document(caller, organization, "wh", &subscription)
        .await
        .unwrap();
    for told in 1..=3 {
        outbox.put().await;
        assert_eq!(outbox.due().await, told);
    }
    assert_absent(directory.path(), SIGNING.as_bytes());
    let first = coffer.due_deliveries(&[], 1).await.unwrap().remove(0);
    assert_eq!(first.secret, SIGNING.into());
    coffer.delivered(&first.delivery).await.unwrap();
    assert_eq!(outbox.due().await, 2);
    coffer
        .drop_document::<Subscription>(caller, organization, "wh")
        .await
        .unwrap();
    outbox.put().await;
    assert_eq!(outbox.due().await, 0);
}
