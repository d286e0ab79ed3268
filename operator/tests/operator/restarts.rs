//! Workloads are restarted for new versions, as the API server and the objects show it. The test plays the controllers that
//! replace pods; what is decided, and when, is the plan's own tests' matter.

use coffer_domain::usecase::Caller;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::{
    consumers::receives,
    fake::{Fake, Fault, Seen},
    world::{World, condition, data, place, secrets, vault},
};

const AT: &str = "coffer.dev/restarted-at";

/// A Deployment, its `ReplicaSet` and a pod that has its values.
async fn deploy(world: &World, name: &str, number: u32) {
    let labels = json!({"app": name});
    if number == 1 {
        let spec = json!({"replicas": 1, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}}});
        world.fake.apply(
            "deployments",
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": "team", "name": name},
                "spec": spec, "status": {}}),
        );
        settle(world, name);
    }
    let set = format!("{name}-{number}");
    let owner = |kind: &str, name: &str| json!([{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": name, "controller": true}]);
    world.fake.apply(
        "replicasets",
        json!({"metadata": {"namespace": "team", "name": set, "ownerReferences": owner("Deployment", name)}}),
    );
    start(world, &format!("{set}-x"), &owner("ReplicaSet", &set)).await;
}

async fn start(world: &World, name: &str, owners: &Value) {
    let pod = world.fake.apply(
        "pods",
        json!({
            "metadata": {"namespace": "team", "name": name, "labels": {"coffer.dev/injected": "true"},
                "annotations": {"coffer.dev/vault": "app"}, "ownerReferences": owners},
            "status": {"phase": "Running"},
        }),
    );
    receives(world, &pod, true).await;
}

/// As the controller says once all pods are new and ready.
fn settle(world: &World, name: &str) {
    let generation = world.fake.get("deployments", "team", name).unwrap()["metadata"]["generation"].clone();
    let status = json!({"status": {"observedGeneration": generation, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}});
    world
        .fake
        .patch("deployments", "team", name, status, "controller");
}

fn restarted_at(fake: &Fake, name: &str) -> Value {
    fake.get("deployments", "team", name).unwrap()["spec"]["template"]["metadata"]["annotations"][AT].clone()
}

fn is_marked(fake: &Fake, name: &str, spans: &str) -> bool {
    fake.get("deployments", "team", name).unwrap()["metadata"]["annotations"]["coffer.dev/restarted-for"]
        == spans
}

fn is_noted_ready(fake: &Fake, name: &str) -> bool {
    let annotations = &fake.get("deployments", "team", name).unwrap()["metadata"]["annotations"];
    annotations["coffer.dev/restart-ready"].is_string()
        && annotations[AT]
            .as_str()
            .unwrap()
            .ends_with(annotations["coffer.dev/restart-ready"].as_str().unwrap())
}

fn rolled_out(fake: &Fake) -> Value {
    condition(&fake.get("vaultsecrets", "team", "web").unwrap(), "RolledOut")["reason"].clone()
}

/// The old pod goes and the new one comes with the values of now, ready.
async fn replace(world: &World, name: &str, number: u32) {
    deploy(world, name, number).await;
    world
        .fake
        .delete("pods", "team", &format!("{name}-{}-x", number - 1));
    settle(world, name);
}

async fn rotate(world: &World) {
    let address = place("default").secret("A".parse().unwrap());
    world
        .coffer
        .rotate_secret(&Caller::controller(), &address)
        .await
        .unwrap();
}

/// A vault, and a secret `A` for which workloads are restarted.
async fn furnish(world: &World, restart: Value) {
    let access = json!({"access": [{"serviceAccounts": ["web"]}]});
    world.fake.apply("vaults", vault("app", access));
    let mut spec = data(json!({"A": {"generate": {"type": "hex"}}}));
    spec["onChange"] = json!("restart");
    spec["restart"] = restart;
    world.fake.apply("vaultsecrets", secrets("web", spec));
    world.until_ready("vaultsecrets", "web").await;
}

fn restarts(seen: &[Seen]) -> usize {
    let is_restart = |seen: &&Seen| {
        let body: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
        let annotations = &body["metadata"]["annotations"];
        seen.is_write()
            && seen.target.plural == "deployments"
            && annotations["coffer.dev/restart-ready"].is_null()
    };
    seen.iter().filter(is_restart).count()
}

/// One change restarts each workload once, one after the other; an operator that starts again restarts none
/// (hashicorp/vault-secrets-operator 285 and 582).
/// Waits until so many Events of this reason have come, which are written after the status; no more have.
async fn told(world: &World, reason: &str, times: usize) {
    let count = || world.events(reason).len();
    world.until("the Events", |_| count() >= times).await;
    assert_eq!(count(), times, "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_change_is_one_restart_of_each_workload() {
    let mut world = World::started().await;
    furnish(&world, json!({})).await;
    deploy(&world, "api", 1).await;
    deploy(&world, "web", 1).await;
    rotate(&world).await;
    world
        .until("the first wave", |fake| is_marked(fake, "api", "A@1-2"))
        .await;
    world
        .until("it is said", |fake| rolled_out(fake) == "Restarting")
        .await;
    assert!(
        restarted_at(&world.fake, "web").is_null(),
        "the other waits for it"
    );
    // In the middle of it: the same marks are found again.
    world.stop().await;
    world.start();
    replace(&world, "api", 2).await;
    world
        .until("the second wave", |fake| is_marked(fake, "web", "A@1-2"))
        .await;
    assert!(is_noted_ready(&world.fake, "api"));
    replace(&world, "web", 2).await;
    world
        .until("all of it", |fake| rolled_out(fake) == "EveryWorkloadCurrent")
        .await;
    assert_eq!(restarts(&world.fake.seen()), 2);
    told(&world, "Restarted", 2).await;
    // Nothing comes of another start.
    world.stop().await;
    world.start();
    world.settle().await;
    rotate(&world).await;
    world
        .until("only the next change", |fake| is_marked(fake, "api", "A@2-3"))
        .await;
    assert_eq!(restarts(&world.fake.seen()), 3);
}

/// The first wave does not become ready: the value of the version before is back by itself, and it is said.
#[tokio::test(flavor = "multi_thread")]
async fn the_secrets_return_when_the_first_wave_does_not_become_ready() {
    let world = World::started().await;
    furnish(&world, json!({"readyWithin": "10m"})).await;
    deploy(&world, "api", 1).await;
    deploy(&world, "web", 1).await;
    let before = world.value("A").await.unwrap();
    rotate(&world).await;
    world
        .until("the first wave", |fake| is_marked(fake, "api", "A@1-2"))
        .await;
    // The new pod comes, and never becomes ready.
    deploy(&world, "api", 2).await;
    world.advance(SignedDuration::from_mins(11));
    world
        .until("the restart after the return", |fake| {
            is_marked(fake, "api", "A@2-3")
        })
        .await;
    assert_eq!(world.value("A").await.unwrap(), before);
    let object = world.fake.get("vaultsecrets", "team", "web").unwrap();
    let returned = &object["status"]["returned"][0];
    assert_eq!(
        (&returned["from"], &returned["failed"], &returned["version"]),
        (&json!(1), &json!(2), &json!(3))
    );
    assert_eq!(returned["workload"], "Deployment team/api");
    world.fake.delete("pods", "team", "api-2-x");
    settle(&world, "api");
    world
        .until("that is all", |fake| rolled_out(fake) == "EveryWorkloadCurrent")
        .await;
    world
        .until("it is said which and why", |fake| {
            let object = fake.get("vaultsecrets", "team", "web").unwrap();
            let back = condition(&object, "RolledBack");
            back["status"] == "True" && back["message"].as_str().unwrap().contains("Deployment team/api")
        })
        .await;
    told(&world, "RolledBack", 1).await;
    assert!(
        restarted_at(&world.fake, "web").is_null(),
        "the others stay untouched"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_goes_through_whatever_write_fails() {
    tokio::join!(returns_despite(0), returns_despite(1), returns_despite(2));
}

/// The answer to the write of this number, counted from when the first wave is late, is lost.
async fn returns_despite(at: usize) {
    let world = World::started().await;
    furnish(&world, json!({"readyWithin": "10m"})).await;
    deploy(&world, "api", 1).await;
    let before = world.value("A").await.unwrap();
    rotate(&world).await;
    world
        .until("the first wave", |fake| is_marked(fake, "api", "A@1-2"))
        .await;
    deploy(&world, "api", 2).await;
    world.fake.fail(at, Fault::Lost);
    world.advance(SignedDuration::from_mins(11));
    world
        .until("the restart after the return", |fake| {
            is_marked(fake, "api", "A@2-3")
        })
        .await;
    assert_eq!(world.value("A").await.unwrap(), before, "write {at}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_of_a_replica_set_of_ones_own_are_evicted_one_by_one() {
    let world = World::started().await;
    furnish(&world, json!({})).await;
    let status = json!({"replicas": 2, "readyReplicas": 2, "observedGeneration": 1});
    world.fake.apply(
        "replicasets",
        json!({"metadata": {"namespace": "team", "name": "bare"}, "spec": {"replicas": 2}, "status": status}),
    );
    let owner = json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "bare", "uid": "bare", "controller": true}]);
    for name in ["bare-a", "bare-b"] {
        start(&world, name, &owner).await;
    }
    rotate(&world).await;
    let evicted = |name: &'static str| move |fake: &Fake| fake.get("evictions", "team", name).is_some();
    world.until("the first eviction", evicted("bare-a")).await;
    let unready = json!({"status": {"readyReplicas": 1}});
    world
        .fake
        .patch("replicasets", "team", "bare", unready, "controller");
    world.fake.delete("pods", "team", "bare-a");
    start(&world, "bare-c", &owner).await;
    world.settle().await;
    assert!(!evicted("bare-b")(&world.fake), "not before the new one is ready");
    let ready = json!({"status": {"readyReplicas": 2}});
    world
        .fake
        .patch("replicasets", "team", "bare", ready, "controller");
    world.until("the second", evicted("bare-b")).await;
}

/// Jobs finish with what they started with; a pod of nobody's is only spoken of; without leave nothing is touched.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_ours_to_restart_is_left_alone() {
    let mut world = World::new().await;
    world.restarts.enabled = false;
    world.start();
    furnish(&world, json!({})).await;
    deploy(&world, "api", 1).await;
    let job =
        json!([{"apiVersion": "batch/v1", "kind": "Job", "name": "load", "uid": "load", "controller": true}]);
    start(&world, "load-x", &job).await;
    start(&world, "lone", &json!([])).await;
    rotate(&world).await;
    world
        .until("what is in the way", |fake| {
            let object = fake.get("vaultsecrets", "team", "web").unwrap();
            let told = condition(&object, "RolledOut");
            let message = told["message"].as_str().unwrap_or_default();
            told["reason"] == "CannotRestart"
                && message.contains("Pod team/lone")
                && message.contains("restarts.enabled")
                && !message.contains("load")
        })
        .await;
    assert!(restarted_at(&world.fake, "api").is_null());
    told(&world, "CannotRestart", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_cannot_be_read_is_named_and_nothing_begins() {
    let world = World::started().await;
    let window = json!({"start": "22:00", "end": "23:00", "timeZone": "Europe/Atlantis"});
    let access = json!({"access": [{"serviceAccounts": ["web"]}]});
    world.fake.apply("vaults", vault("app", access));
    let mut spec = data(json!({"A": {"generate": {"type": "hex"}}}));
    spec["restart"] = json!({"windows": [window]});
    world.fake.apply("vaultsecrets", secrets("web", spec));
    world.until_reason("vaultsecrets", "web", "InvalidSpec").await;
    let message = world.message("vaultsecrets", "web");
    assert!(
        message.contains("restart.windows[0].timeZone: \"Europe/Atlantis\""),
        "{message}"
    );
}
