//! What GitOps tools show of every state that the operator reports: Argo CD by the chart's health check in Argo CD's own
//! Lua and engine, Flux and others by kstatus. The objects are as the controllers left them.
//!
//! The program that asks both is `e2e/tools/gitops`; `make gitops` builds it.

use std::{collections::BTreeMap, path::Path, process::Stdio};

use coffer_node::tools::{self, Cache};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, process::Command};

use crate::world::{World, api_key, data, secrets, vault};

const CHECKS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../charts/coffer/argocd/argocd-cm.yaml"
);

/// Objects, each with what Argo CD and kstatus are to make of it, and words of Argo CD's message.
#[derive(Default)]
struct Shown(Vec<(Value, [&'static str; 2], &'static str)>);

impl Shown {
    fn add(&mut self, mut object: Value, kind: &str, verdicts: [&'static str; 2], words: &'static str) {
        object["apiVersion"] = "coffer.dev/v1alpha1".into();
        object["kind"] = kind.into();
        self.0.push((object, verdicts, words));
    }

    /// As the fake API server has it now.
    fn now(
        &mut self,
        world: &World,
        (plural, kind, name): (&str, &str, &str),
        verdicts: [&'static str; 2],
        words: &'static str,
    ) {
        let object = world.fake.get(plural, "team", name).unwrap();
        self.add(object, kind, verdicts, words);
    }

    async fn check(self) {
        let lines: Vec<String> = self.0.iter().map(|(object, ..)| object.to_string()).collect();
        let said = ask(&lines).await;
        assert_eq!(said.len(), self.0.len());
        for ((object, [argo, kstatus], words), said) in self.0.iter().zip(&said) {
            let seen = [&said["argo"]["status"], &said["kstatus"]["status"]];
            assert_eq!(seen, [argo, kstatus], "{said} of {object}");
            let message = said["argo"]["message"].as_str().unwrap();
            assert!(message.contains(words), "{words:?} is not in {said} of {object}");
        }
    }
}

/// What both make of each object.
async fn ask(objects: &[String]) -> Vec<Value> {
    let program = tools::locate(&Cache::of_the_environment().unwrap(), "gitops-verdict").unwrap();
    assert!(Path::new(CHECKS).exists(), "{CHECKS}");
    let mut child = Command::new(program)
        .args(["health", CHECKS])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let lines = objects.join("\n");
    let writing = tokio::spawn(async move { input.write_all(lines.as_bytes()).await });
    let output = child.wait_with_output().await.unwrap();
    writing.await.unwrap().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn uuid() -> Value {
    json!({"generate": {"type": "uuid"}})
}

fn key(vault: &str, more: Value) -> Value {
    let mut spec = json!({"vaultRef": {"name": vault}, "scopes": ["secrets:read"]});
    spec.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    spec
}

/// Longer ago by an hour, as if nothing had come of it since.
fn an_hour_later(mut object: Value) -> Value {
    for condition in object["status"]["conditions"].as_array_mut().unwrap() {
        let since: jiff::Timestamp = condition["lastTransitionTime"].as_str().unwrap().parse().unwrap();
        condition["lastTransitionTime"] = (since - SignedDuration::from_hours(1)).to_string().into();
    }
    object
}

/// What a user writes and is done with.
async fn settled(world: &World, shown: &mut Shown) {
    world.fake.apply(
        "vaults",
        vault("app", json!({"environments": ["default", "production"]})),
    );
    world
        .fake
        .apply("vaultsecrets", secrets("web", data(json!({"A": uuid()}))));
    world.fake.apply(
        "apikeys",
        api_key(
            "ci",
            key(
                "app",
                json!({"writeTo": {"secretName": "ci"}, "expiresIn": "90d"}),
            ),
        ),
    );
    let done = ["Healthy", "Current"];
    for (plural, kind, name, words) in [
        ("vaults", "Vault", "app", "the vault is in place"),
        ("vaultsecrets", "VaultSecret", "web", "the value is in place"),
        ("apikeys", "ApiKey", "ci", "the key is in its place"),
    ] {
        world.until_ready(plural, name).await;
        shown.now(world, (plural, kind, name), done, words);
        // Applied anew, and the operator has not come to it yet.
        let mut newer = world.fake.get(plural, "team", name).unwrap();
        newer["metadata"]["generation"] = 2.into();
        shown.add(newer, kind, ["Progressing", "InProgress"], "not seen");
        let mut leaving = world.fake.get(plural, "team", name).unwrap();
        leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        shown.add(leaving, kind, ["Progressing", "Terminating"], "deletion");
    }
}

/// Mistakes: nothing comes of waiting.
async fn stalled(world: &World, shown: &mut Shown) {
    let mut schedule = data(json!({"B": uuid()}));
    schedule["rotation"] = json!({"schedule": "0 25 * * *"});
    let taken = data(json!({"A": uuid()}));
    let two = data(json!({"C": {"generate": {"type": "uuid"}, "external": {}}}));
    let mut synced = data(json!({"D": uuid()}));
    synced["sync"] = json!({"secretName": "theirs"});
    world.fake.apply(
        "secrets",
        json!({"metadata": {"namespace": "team", "name": "theirs"}, "type": "Opaque", "data": {}}),
    );
    for (name, spec, reason) in [
        ("schedule", schedule, "InvalidSchedule"),
        ("taken", taken, "KeyOwnedElsewhere"),
        ("two", two, "InvalidSpec"),
        ("synced", synced, "SecretNotOurs"),
    ] {
        world.fake.apply("vaultsecrets", secrets(name, spec));
        world.until_reason("vaultsecrets", name, reason).await;
        let object = ("vaultsecrets", "VaultSecret", name);
        shown.now(world, object, ["Degraded", "Failed"], reason);
    }
}

/// Something else has to come: progress at first, and a fault when it does not. A person's turn is neither.
async fn waiting(world: &World, shown: &mut Shown) {
    let nowhere = json!({"vaultRef": {"name": "ap"}, "data": {"A": uuid()}});
    let mut environment = data(json!({"E": uuid()}));
    environment["environment"] = "prodction".into();
    let source = data(json!({"F": {"secretKeyRef": {"name": "database", "key": "password"}}}));
    for (name, spec, reason) in [
        ("nowhere", nowhere, "VaultNotFound"),
        ("environment", environment, "EnvironmentNotFound"),
        ("source", source, "SourceNotFound"),
    ] {
        world.fake.apply("vaultsecrets", secrets(name, spec));
        world.until_reason("vaultsecrets", name, reason).await;
        let object = world.fake.get("vaultsecrets", "team", name).unwrap();
        shown.add(
            object.clone(),
            "VaultSecret",
            ["Progressing", "InProgress"],
            reason,
        );
        shown.add(
            an_hour_later(object),
            "VaultSecret",
            ["Degraded", "InProgress"],
            reason,
        );
    }
    let spec = key("ap", json!({"writeTo": {"secretName": "lost"}}));
    world.fake.apply("apikeys", api_key("lost", spec));
    world.until_reason("apikeys", "lost", "VaultNotFound").await;
    let lost = world.fake.get("apikeys", "team", "lost").unwrap();
    shown.add(
        an_hour_later(lost),
        "ApiKey",
        ["Degraded", "InProgress"],
        "did you mean app?",
    );
    world.fake.apply(
        "vaultsecrets",
        secrets("external", data(json!({"G": {"external": {}}}))),
    );
    world
        .until_reason("vaultsecrets", "external", "AwaitingValue")
        .await;
    let object = world.fake.get("vaultsecrets", "team", "external").unwrap();
    for object in [object.clone(), an_hour_later(object)] {
        shown.add(
            object,
            "VaultSecret",
            ["Suspended", "InProgress"],
            "AwaitingValue",
        );
    }
}

/// What fails again and again is a fault at once, though the operator goes on trying.
async fn failing(world: &World, shown: &mut Shown) {
    world.store.fill_disk(true);
    world.fake.apply("vaults", vault("later", json!({})));
    world
        .fake
        .apply("vaultsecrets", secrets("full", data(json!({"H": uuid()}))));
    for (plural, kind, name) in [
        ("vaults", "Vault", "later"),
        ("vaultsecrets", "VaultSecret", "full"),
    ] {
        world.until_reason(plural, name, "StoreUnavailable").await;
        shown.now(
            world,
            (plural, kind, name),
            ["Degraded", "InProgress"],
            "disk is full",
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn argo_cd_and_kstatus_show_every_state_as_a_user_expects_it() {
    let mut world = World::new().await;
    let mut shown = Shown::default();
    let unseen = BTreeMap::from([
        ("vaults", "Vault"),
        ("vaultsecrets", "VaultSecret"),
        ("apikeys", "ApiKey"),
    ]);
    for (plural, kind) in unseen {
        // Nobody reconciles yet.
        let spec = json!({"vaultRef": {"name": "app"}});
        let object = vault("unseen", spec);
        world.fake.apply(plural, object);
        let object = (plural, kind, "unseen");
        shown.now(&world, object, ["Progressing", "InProgress"], "not seen");
        world.fake.delete(plural, "team", "unseen");
    }
    world.start();
    settled(&world, &mut shown).await;
    stalled(&world, &mut shown).await;
    waiting(&world, &mut shown).await;
    failing(&world, &mut shown).await;
    shown.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_key_is_degraded() {
    let mut world = World::started().await;
    world.fake.apply("vaults", vault("app", json!({})));
    let spec = key("app", json!({"writeTo": {"secretName": "ci"}, "expiresIn": "1h"}));
    world.fake.apply("apikeys", api_key("ci", spec));
    world.until_ready("apikeys", "ci").await;
    world.stop().await;
    world.advance(SignedDuration::from_hours(2));
    world.start();
    world.until_reason("apikeys", "ci", "Expired").await;
    let mut shown = Shown::default();
    shown.now(
        &world,
        ("apikeys", "ApiKey", "ci"),
        ["Degraded", "Failed"],
        "expired",
    );
    shown.check().await;
}
