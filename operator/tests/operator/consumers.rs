//! The ledger in the status, and pods that go.

use std::{collections::BTreeMap, sync::Arc};

use coffer_domain::{
    audit::Origin,
    principal::{Principal, Workload},
    usecase::{Caller, consumers::Wanted},
};
use coffer_operator::pods::Pods;
use serde_json::{Value, json};

use crate::{
    fake::Fake,
    world::{World, data, place, secrets, vault},
};

pub fn pod(name: &str) -> Value {
    json!({
        "metadata": {"namespace": "team", "name": name, "labels": {"coffer.dev/injected": "true"},
            "annotations": {"coffer.dev/vault": "app"}},
        "status": {"phase": "Running"},
    })
}

pub fn workload(pod: &Value) -> Caller {
    let text = |key: &str| pod["metadata"][key].as_str().unwrap().to_owned();
    let workload = Workload {
        namespace: "team".into(),
        service_account: "web".into(),
        pod: text("name"),
        pod_uid: text("uid"),
    };
    Caller {
        principal: Principal::Workload(workload),
        origin: Origin::controller(),
    }
}

pub async fn receives(world: &World, pod: &Value, acknowledges: bool) {
    let (caller, place) = (workload(pod), place("default"));
    let delivered = world.coffer.deliver(&caller, &place, &Wanted::All).await.unwrap();
    if acknowledges {
        let entries: Vec<_> = delivered
            .iter()
            .map(|(name, one)| (name.clone(), one.version))
            .collect::<BTreeMap<_, _>>()
            .into_iter()
            .collect();
        world.coffer.acknowledge(&caller, &place, &entries).await.unwrap();
    }
}

fn shows(summary: &'static str) -> impl Fn(&Fake) -> bool {
    move |fake| {
        fake.get("vaultsecrets", "team", "web")
            .is_some_and(|it| it["status"]["consumers"]["summary"] == summary)
    }
}

async fn furnished() -> World {
    let world = World::started().await;
    world.fake.apply(
        "vaults",
        vault("app", json!({"access": [{"serviceAccounts": ["web"]}]})),
    );
    world.fake.apply(
        "vaultsecrets",
        secrets("web", data(json!({"A": {"generate": {"type": "hex"}}}))),
    );
    world.until_ready("vaultsecrets", "web").await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn who_holds_the_current_version_shows_in_the_status() {
    let world = furnished().await;
    let pods: Vec<Value> = ["web-1", "web-2"]
        .iter()
        .map(|name| world.fake.apply("pods", pod(name)))
        .collect();
    receives(&world, &pods[0], true).await;
    receives(&world, &pods[1], false).await;
    world.until("one of two", shows("1/2")).await;
    receives(&world, &pods[1], true).await;
    world.until("both", shows("2/2")).await;
    let address = place("default").secret("A".parse().unwrap());
    world
        .coffer
        .rotate_secret(&Caller::controller(), &address)
        .await
        .unwrap();
    world.until("both lag", shows("0/2")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_that_end_or_complete_are_forgotten() {
    let world = furnished().await;
    let pods: Vec<Value> = ["web-1", "job-1"]
        .iter()
        .map(|name| world.fake.apply("pods", pod(name)))
        .collect();
    for pod in &pods {
        receives(&world, pod, true).await;
    }
    world.until("both", shows("2/2")).await;
    world.fake.patch(
        "pods",
        "team",
        "job-1",
        json!({"status": {"phase": "Succeeded"}}),
        "kubelet",
    );
    world.until("the job completed", shows("1/1")).await;
    world.fake.delete("pods", "team", "web-1");
    world.until("nobody is left", shows("0/0")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_hears_that_a_pod_is_being_deleted() {
    let world = World::new().await;
    let pods = Arc::new(Pods::new(world.fake.client(), world.coffer.clone()));
    let watcher = pods.clone();
    let watching = tokio::spawn(async move { watcher.watch().await });
    let uids = ["web-1", "web-2"].map(|name| {
        // As a pod has its grace: it is there, being deleted, until kubelet has ended it.
        let mut pod = pod(name);
        pod["metadata"]["finalizers"] = json!(["it/grace"]);
        let pod = world.fake.apply("pods", pod);
        pod["metadata"]["uid"].as_str().unwrap().to_owned()
    });
    let mut ends = uids.each_ref().map(|uid| pods.leaving(uid));
    world.fake.delete("pods", "team", "web-1");
    ends[0].wait_for(|leaving| *leaving).await.unwrap();
    assert!(*pods.leaving(&uids[0]).borrow(), "known from now on");
    assert!(
        !*ends[1].borrow() && !*pods.leaving(&uids[1]).borrow(),
        "of the other nothing"
    );
    world.fake.delete("pods", "team", "web-2");
    ends[1].wait_for(|leaving| *leaving).await.unwrap();
    watching.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_that_went_while_nobody_watched_are_forgotten_at_the_start() {
    let mut world = furnished().await;
    let pod = world.fake.apply("pods", pod("web-1"));
    receives(&world, &pod, true).await;
    world.until("it holds the value", shows("1/1")).await;
    world.stop().await;
    world.fake.delete("pods", "team", "web-1");
    world.start();
    world.until("it is forgotten", shows("0/0")).await;
}
