//! The ledger of which pod holds which version.

use coffer_domain::{
    entity::{Consumer, Secret},
    store::Write,
};

use super::world::{AnyStore, World, env, now, version};

fn line(secret: &Secret, pod: &str) -> Consumer {
    Consumer {
        secret: secret.id,
        name: secret.name.clone(),
        namespace: "team".into(),
        pod: pod.into(),
        pod_uid: format!("uid-{pod}"),
        started: version(1),
        delivered: version(1),
        delivered_at: now(),
        acknowledged: None,
        acknowledged_at: None,
    }
}

async fn ledger(world: &World, environment: &str) -> Vec<Consumer> {
    world
        .store
        .consumers(world.vault.vault.id, &env(environment))
        .await
        .unwrap()
}

pub(crate) async fn a_line_reads_back_and_changes(store: AnyStore) {
    let world = World::new(store).await;
    let secret = world.put("default", "KEY", "x").await.unwrap();
    let first = line(&secret, "web-1");
    world
        .commit(
            vec![],
            vec![
                Write::Consumer(first.clone()),
                Write::Consumer(line(&secret, "web-2")),
            ],
        )
        .await
        .unwrap();
    assert_eq!(
        ledger(&world, "default").await,
        [first.clone(), line(&secret, "web-2")]
    );
    let acknowledged = Consumer {
        acknowledged: Some(version(1)),
        acknowledged_at: Some(now()),
        ..first
    };
    world
        .commit(vec![], vec![Write::Consumer(acknowledged.clone())])
        .await
        .unwrap();
    assert_eq!(
        ledger(&world, "default").await,
        [acknowledged, line(&secret, "web-2")]
    );
}

pub(crate) async fn a_forgotten_pod_is_gone_from_its_tenant_only(store: AnyStore) {
    let ours = World::new(store).await;
    let theirs = World::of_tenant(ours.store.clone(), "other").await;
    for world in [&ours, &theirs] {
        let secret = world.put("default", "KEY", "x").await.unwrap();
        world
            .commit(vec![], vec![Write::Consumer(line(&secret, "web-1"))])
            .await
            .unwrap();
    }
    ours.commit(vec![], vec![Write::ForgetPod("uid-web-1".into())])
        .await
        .unwrap();
    ours.commit(vec![], vec![Write::ForgetPod("uid-unknown".into())])
        .await
        .unwrap();
    assert!(ledger(&ours, "default").await.is_empty());
    assert_eq!(ledger(&theirs, "default").await.len(), 1);
}

pub(crate) async fn a_ledger_is_of_one_environment(store: AnyStore) {
    let world = World::new(store).await;
    for environment in ["default", "staging"] {
        let secret = world.put(environment, "KEY", "x").await.unwrap();
        world
            .commit(vec![], vec![Write::Consumer(line(&secret, environment))])
            .await
            .unwrap();
    }
    let pods: Vec<_> = ledger(&world, "staging")
        .await
        .into_iter()
        .map(|line| line.pod)
        .collect();
    assert_eq!(pods, ["staging"]);
}

/// A delivery and an acknowledgement that were decided at the same time never undo each other.
pub(crate) async fn the_versions_of_a_line_only_rise(store: AnyStore) {
    let world = World::new(store).await;
    let secret = world.put("default", "KEY", "x").await.unwrap();
    let first = line(&secret, "web-1");
    let acknowledged = Consumer {
        acknowledged: Some(version(1)),
        acknowledged_at: Some(now()),
        ..first.clone()
    };
    let second = Consumer {
        started: version(2),
        delivered: version(2),
        ..first.clone()
    };
    for written in [first.clone(), acknowledged, second, first.clone()] {
        world
            .commit(vec![], vec![Write::Consumer(written)])
            .await
            .unwrap();
    }
    let risen = Consumer {
        delivered: version(2),
        acknowledged: Some(version(1)),
        acknowledged_at: Some(now()),
        ..first
    };
    assert_eq!(ledger(&world, "default").await, [risen]);
}

pub(crate) async fn a_pods_lines_are_of_its_place_alone(store: AnyStore) {
    let world = World::new(store).await;
    for environment in ["default", "prod"] {
        for name in ["A", "B"] {
            let secret = world.put(environment, name, "x").await.unwrap();
            let writes = ["web-1", "web-2"].map(|pod| Write::Consumer(line(&secret, pod)));
            world.commit(vec![], writes.into()).await.unwrap();
        }
    }
    let of_pod = world
        .store
        .pod_consumers(&world.vault, &env("default"), "uid-web-1")
        .await
        .unwrap();
    let mut expected = ledger(&world, "default").await;
    expected.retain(|line| line.pod == "web-1");
    assert_eq!(of_pod, expected);
    assert_eq!(of_pod.len(), 2);
}
