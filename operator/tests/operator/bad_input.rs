//! Each mistake ends in a condition that names the field and the fix, and in silence after that.

use serde_json::{Value, json};

use crate::world::{World, condition, data, secrets, vault};

async fn refused(spec: Value, reason: &str, words: &[&str]) {
    let world = World::started().await;
    world.fake.apply(
        "vaults",
        vault("app", json!({"environments": ["default", "production"]})),
    );
    world.until_ready("vaults", "app").await;
    world.fake.apply("vaultsecrets", secrets("web", spec));
    world.until_reason("vaultsecrets", "web", reason).await;
    let message = world.message("vaultsecrets", "web");
    for word in words {
        assert!(message.contains(word), "{word:?} is not in {message:?}");
    }
    world.fake.take_seen();
    world.settle().await;
    let object = world.fake.get("vaultsecrets", "team", "web").unwrap();
    let again = world
        .fake
        .seen()
        .into_iter()
        .filter(|it| it.target.name.as_deref() == Some("web"));
    assert_eq!(again.count(), 0, "it is left alone until something changes");
    assert_eq!(condition(&object, "Ready")["status"], "False");
    assert_eq!(world.events(reason).len(), 1, "one event for one transition");
}

fn generated(generate: Value) -> Value {
    data(json!({"A": {"generate": generate}}))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_vault() {
    let spec = json!({"vaultRef": {"name": "ap"}, "data": {"A": {"generate": {"type": "uuid"}}}});
    refused(
        spec,
        "VaultNotFound",
        &[
            "vaultRef.name",
            "no Vault ap in namespace team",
            "did you mean app?",
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_environment() {
    let mut spec = generated(json!({"type": "uuid"}));
    spec["environment"] = "prodction".into();
    refused(
        spec,
        "EnvironmentNotFound",
        &["prodction", "did you mean production?"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_cron_expression() {
    let mut spec = generated(json!({"type": "uuid"}));
    spec["rotation"] = json!({"schedule": "0 25 * * *"});
    refused(spec, "InvalidSchedule", &["rotation.schedule", "0 25 * * *"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_time_zone() {
    let mut spec = generated(json!({"type": "uuid"}));
    spec["rotation"] = json!({"schedule": "0 2 * * *", "timeZone": "Europe/Atlantis"});
    refused(
        spec,
        "InvalidSchedule",
        &["rotation.timeZone", "Europe/Atlantis", "Europe/Berlin"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sources_in_one_entry() {
    let spec = data(json!({"A": {"generate": {"type": "uuid"}, "external": {}}}));
    refused(
        spec,
        "InvalidSpec",
        &["data.A", "exactly one of sealed, generate"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_length_out_of_range() {
    let spec = generated(json!({"type": "hex", "length": 7}));
    refused(spec, "InvalidSpec", &["data.A.generate.length", "8 to 4096"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_none() {
    let spec = data(json!({"../x": {"external": {}}}));
    refused(spec, "InvalidSpec", &["data.../x"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_not_there() {
    let spec = data(json!({"A": {"secretKeyRef": {"name": "database", "key": "password"}}}));
    refused(
        spec,
        "SourceNotFound",
        &["data.A", "no Secret database in namespace team"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_another_object_has() {
    let world = World::started().await;
    world.fake.apply("vaults", vault("app", json!({})));
    world.fake.apply(
        "vaultsecrets",
        secrets("first", generated(json!({"type": "uuid"}))),
    );
    world.until_ready("vaultsecrets", "first").await;
    world.fake.apply(
        "vaultsecrets",
        secrets("second", generated(json!({"type": "uuid"}))),
    );
    world
        .until_reason("vaultsecrets", "second", "KeyOwnedElsewhere")
        .await;
    let message = world.message("vaultsecrets", "second");
    assert!(message.contains("VaultSecret team/first"), "{message}");
    // When the first lets go, the second takes it without being touched.
    world.fake.apply(
        "vaultsecrets",
        secrets("first", data(json!({"B": {"generate": {"type": "uuid"}}}))),
    );
    world.until_ready("vaultsecrets", "second").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_over_64_kib() {
    let world = World::started().await;
    world.fake.apply("vaults", vault("app", json!({})));
    let large = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, vec![b'x'; 65_537]);
    world.fake.apply(
        "secrets",
        json!({"metadata": {"namespace": "team", "name": "big"}, "type": "Opaque", "data": {"k": large}}),
    );
    let spec = data(json!({"A": {"secretKeyRef": {"name": "big", "key": "k"}}}));
    world.fake.apply("vaultsecrets", secrets("web", spec));
    world.until_reason("vaultsecrets", "web", "ValueTooLarge").await;
    assert!(world.message("vaultsecrets", "web").contains("65537 bytes"));
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_without_the_right_name_the_charts_value() {
    let world = World::started().await;
    world.fake.apply(
        "vaults",
        json!({"metadata": {"namespace": "other", "name": "app"}, "spec": {}}),
    );
    let mut object = secrets(
        "web",
        data(json!({"A": {"secretKeyRef": {"name": "database", "key": "password"}}})),
    );
    object["metadata"]["namespace"] = "other".into();
    world.fake.apply("vaultsecrets", object);
    world
        .until("it is forbidden", |fake| {
            let ready = condition(
                &fake.get("vaultsecrets", "other", "web").unwrap_or_default(),
                "Ready",
            );
            ready["reason"] == "Forbidden" && ready["message"].as_str().unwrap().contains("secretNamespaces")
        })
        .await;
    assert!(
        world
            .fake
            .seen()
            .iter()
            .all(|it| it.target.plural != "secrets" || it.target.namespace.as_deref() == Some("team")),
        "it does not even try"
    );
}
