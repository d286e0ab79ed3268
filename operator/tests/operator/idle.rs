//! When nothing changes, nothing is written: not in the cluster, not in the store.

use coffer_domain::usecase::Caller;
use serde_json::json;

use crate::world::{World, api_key, data, secrets, vault};

async fn furnished() -> World {
    let world = World::started().await;
    world.fake.apply(
        "vaults",
        vault("app", json!({"access": [{"serviceAccounts": ["web"]}]})),
    );
    world.fake.apply(
        "secrets",
        json!({"metadata": {"namespace": "team", "name": "db"}, "type": "Opaque", "data": {"p": "b25l"}}),
    );
    let mut spec = data(json!({
        "GENERATED": {"generate": {"type": "password"}},
        "PAIR": {"generate": {"type": "keyPair"}},
        "COPIED": {"secretKeyRef": {"name": "db", "key": "p"}},
    }));
    spec["sync"] = json!({"secretName": "mirror"});
    spec["rotation"] = json!({"schedule": "0 3 * * *"});
    world.fake.apply("vaultsecrets", secrets("web", spec));
    world.fake.apply(
        "vaultsecrets",
        secrets("waiting", data(json!({"EXTERNAL": {"external": {}}}))),
    );
    let key = json!({"vaultRef": {"name": "app"}, "scopes": ["secrets:read"], "expiresIn": "90d",
        "rotation": {"every": "30d"}, "writeTo": {"secretName": "token"}});
    world.fake.apply("apikeys", api_key("ci", key.clone()));
    let mut inside = key;
    inside["writeTo"] = json!({"vaultKey": "CI_TOKEN"});
    world.fake.apply("apikeys", api_key("inside", inside));
    world.until_ready("vaultsecrets", "web").await;
    world
        .until_reason("vaultsecrets", "waiting", "AwaitingValue")
        .await;
    world.until_ready("apikeys", "ci").await;
    world.until_ready("apikeys", "inside").await;
    world
        .until("five secrets are counted", |fake| {
            fake.get("vaults", "team", "app")
                .is_some_and(|vault| vault["status"]["secrets"] == 5)
        })
        .await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_writes_nothing() {
    let mut world = furnished().await;
    world.stop().await;
    world.fake.take_seen();
    let changes = world.coffer.latest_change();
    let organization = "team".parse().unwrap();
    let records = world
        .coffer
        .verify_audit(&Caller::controller(), &organization)
        .await
        .unwrap()
        .records;
    world.start();
    // Waits for every reconciliation: the sentinel's own writes aside, there is none.
    world.until_reconciled(5.0).await;
    assert_eq!(
        world
            .fake
            .seen()
            .into_iter()
            .filter(crate::fake::Seen::is_write)
            .collect::<Vec<_>>()
            .len(),
        0
    );
    assert_eq!(world.coffer.latest_change(), changes);
    let after = world
        .coffer
        .verify_audit(&Caller::controller(), &organization)
        .await
        .unwrap()
        .records;
    assert_eq!(after, records + 1, "only the look at the log itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_of_others_cost_no_request() {
    let world = furnished().await;
    world.settle().await;
    world.fake.take_seen();
    for number in 0..50 {
        world.fake.apply("secrets", json!({"metadata": {"namespace": "team", "name": format!("foreign-{number}")}, "type": "Opaque", "data": {"x": "eA=="}}));
    }
    world.settle().await;
    let about = |it: &crate::fake::Seen| {
        it.target
            .name
            .as_deref()
            .is_some_and(|name| name.starts_with("foreign"))
    };
    assert_eq!(world.fake.seen().iter().filter(|it| about(it)).count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_list_of_secrets_is_in_a_namespace_and_of_metadata() {
    let world = furnished().await;
    let lists = world
        .fake
        .seen()
        .into_iter()
        .filter(|it| it.target.plural == "secrets" && it.target.name.is_none());
    for list in lists.filter(|it| !it.is_write()) {
        assert_eq!(list.target.namespace.as_deref(), Some("team"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_objects_at_once_cost_two_writes_each() {
    let world = World::started().await;
    world.fake.apply("vaults", vault("app", json!({})));
    world.until_ready("vaults", "app").await;
    world.fake.take_seen();
    let count = 200;
    for number in 0..count {
        let entry = json!({format!("KEY_{number}"): {"generate": {"type": "hex"}}});
        world
            .fake
            .apply("vaultsecrets", secrets(&format!("web-{number}"), data(entry)));
    }
    for number in 0..count {
        world.until_ready("vaultsecrets", &format!("web-{number}")).await;
    }
    world.settle().await;
    let seen = world
        .fake
        .seen()
        .into_iter()
        .filter(|it| it.target.plural == "vaultsecrets" && it.target.namespace.is_some());
    let about = seen.filter(|it| {
        it.target
            .name
            .as_deref()
            .is_some_and(|name| name.starts_with("web-"))
    });
    assert_eq!(about.count(), 2 * count);
}
