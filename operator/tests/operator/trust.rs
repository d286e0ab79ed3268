//! What clients should trust stays published, whatever happens to the `ConfigMap`.

use coffer_operator::authority::ClusterAuthority;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::world::World;

fn published(world: &World) -> Value {
    world.fake.get("configmaps", "team", "trust").unwrap_or_default()["data"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_comes_back_when_it_is_deleted_or_changed() {
    let world = World::new().await;
    let authority = ClusterAuthority::new(&world.fake.client(), "team", "ca", "trust");
    let (newest, bundle) = watch::channel("one".to_owned());
    authority.publish("one").await.unwrap();
    let keeping = tokio::spawn(async move { authority.keep_published(bundle).await });
    world.fake.delete("configmaps", "team", "trust");
    world
        .until("it is back", |_| published(&world) == json!({"ca.crt": "one"}))
        .await;

    newest.send_replace("two".to_owned());
    world.fake.patch(
        "configmaps",
        "team",
        "trust",
        json!({"data": {"ca.crt": "forged", "other": "x"}}),
        "kubectl",
    );
    world
        .until("it is put right, and what is not ours left alone", |_| {
            published(&world) == json!({"ca.crt": "two", "other": "x"})
        })
        .await;
    keeping.abort();
}
