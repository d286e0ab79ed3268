//! `remote` entries: copied, and again when there is a new version; what is not let be copied; a server that serves
//! nobody. Against a server in memory, and against a real one.

use std::{sync::Arc, time::Duration};

use coffer_domain::{audit::Outcome, provider::ProviderFault};
use coffer_remote::{Login, Options, VaultServer, address};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    remote_server::Server,
    world::{World, condition, data, secrets, vault},
};

const CANARY: &str = "canary-5b1d-remote";
/// A real server comes back after what it rested for.
const LONG: Duration = Duration::from_secs(90);

async fn fed(server: &Server, rules: &[&str]) -> World {
    let mut world = World::new().await;
    world.feed(Arc::new(server.clone()), rules);
    world.start();
    world.fake.apply("vaults", vault("app", json!({})));
    world
}

fn remote(uri: &str) -> Value {
    json!({"remote": {"uri": uri}})
}

fn web(world: &World) -> Value {
    world.fake.get("vaultsecrets", "team", "web").unwrap()
}

fn version(object: &Value) -> u64 {
    object["status"]["keys"][0]["version"]
        .as_u64()
        .unwrap_or_default()
}

async fn until_version(world: &World, wanted: u64) {
    world
        .until_within(LONG, &format!("version {wanted}"), |fake| {
            version(&fake.get("vaultsecrets", "team", "web").unwrap()) == wanted
        })
        .await;
}

async fn until_current(world: &World, reason: &str) {
    world
        .until_within(LONG, reason, |fake| {
            let object = fake.get("vaultsecrets", "team", "web").unwrap();
            condition(&object, "RemoteCurrent")["reason"] == reason
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_there_becomes_one_here_and_a_restart_writes_nothing() {
    let server = Server::default();
    server.put("secret/team/db", json!({"password": CANARY, "port": 5432}));
    let mut world = fed(&server, &["*=secret/{namespace}/*"]).await;
    let entries = json!({
        "DB": remote("openbao+kv2://secret/team/db#password"),
        "PORT": remote("hashicorp+kv2://secret/team/db#port"),
    });
    world.fake.apply("vaultsecrets", secrets("web", data(entries)));
    let whole = json!({"ALL": remote("openbao+kv2://secret/team/db?version=1")});
    world.fake.apply("vaultsecrets", secrets("whole", data(whole)));
    world.until_ready("vaultsecrets", "web").await;
    world.until_ready("vaultsecrets", "whole").await;
    assert_eq!(world.value("DB").await.unwrap().reveal(), CANARY.as_bytes());
    assert_eq!(world.value("PORT").await.unwrap().reveal(), b"5432");
    let object = web(&world);
    assert_eq!(condition(&object, "RemoteCurrent")["status"], "True");
    assert_eq!(
        object["status"]["keys"][0]["remote"],
        json!({"uri": "openbao+kv2://secret/team/db#password", "version": 1, "created": "2026-01-01T00:00:00.123456Z"})
    );
    let reads = server.reads().len();
    assert!(reads <= 2, "one for all who came together: {reads}");

    server.put(
        "secret/team/db",
        json!({"password": format!("{CANARY}-2"), "port": 5432}),
    );
    until_version(&world, 2).await;
    assert_eq!(
        world.value("DB").await.unwrap().reveal(),
        format!("{CANARY}-2").as_bytes()
    );
    world.settle().await;
    assert_eq!(server.reads().len(), reads + 1);
    let pinned = world.fake.get("vaultsecrets", "team", "whole").unwrap();
    assert_eq!(version(&pinned), 1, "a pinned version stays");
    let port = &web(&world)["status"]["keys"][1];
    assert_eq!(
        (&port["version"], &port["remote"]["version"]),
        (&json!(1), &json!(2)),
        "a value that did not change is no new version"
    );
    for object in world.fake.seen() {
        assert!(!String::from_utf8_lossy(&object.body).contains(CANARY));
    }
    nothing_after_a_restart(&mut world, &server).await;
}

async fn nothing_after_a_restart(world: &mut World, server: &Server) {
    world
        .until("all secrets are counted", |fake| {
            let count = |name| fake.get("vaults", "team", name).unwrap()["status"]["secrets"].clone();
            (count("app"), count("sentinel-1")) == (json!(3), json!(1))
        })
        .await;
    world.stop().await;
    world.fake.take_seen();
    let (changes, recorded) = (
        world.coffer.latest_change(),
        world.recorded("secret.copy").await.len(),
    );
    let (reads, looks) = (server.reads().len(), server.looks().len());
    world.start();
    // The sentinel's two objects, this vault, and each of the two twice: the second time the server has answered.
    world.until_reconciled(7.0).await;
    until_looked(server, looks + 3).await;
    let writes = world.fake.seen().into_iter().filter(crate::fake::Seen::is_write);
    let writes: Vec<_> = writes.map(|it| (it.target, String::from_utf8(it.body))).collect();
    assert!(writes.is_empty(), "{writes:?}");
    assert_eq!(world.coffer.latest_change(), changes);
    assert_eq!(world.recorded("secret.copy").await.len(), recorded);
    assert_eq!(server.reads().len(), reads, "no value is read again");
    assert!(server.looks().len() > looks);
}

/// Waits until the server was asked for metadata that often.
async fn until_looked(server: &Server, times: usize) {
    let looked = async {
        while server.looks().len() < times {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LONG, looked).await.expect("it is asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_last_good_value_outlives_its_server_and_one_event_says_so() {
    let server = Server::default();
    server.put("secret/db", json!({"password": "one"}));
    let world = fed(&server, &["team=secret/*"]).await;
    let entries = json!({"DB": remote("openbao+kv2://secret/db#password")});
    world.fake.apply("vaultsecrets", secrets("web", data(entries)));
    world.until_ready("vaultsecrets", "web").await;
    server.trouble(Some(|| ProviderFault::Sealed));
    until_current(&world, "RemoteUnavailable").await;
    let object = web(&world);
    assert_eq!(condition(&object, "Ready")["status"], "True");
    let message = condition(&object, "RemoteCurrent")["message"].clone();
    assert_eq!(
        message,
        "DB: the server is sealed, or has no leader; values that were copied before stay"
    );
    assert_eq!(world.value("DB").await.unwrap().reveal(), b"one");
    // One that never had a value is not Ready, and becomes it by itself.
    let entries = json!({"NEW": remote("openbao+kv2://secret/new#password")});
    world.fake.apply("vaultsecrets", secrets("new", data(entries)));
    world
        .until_reason("vaultsecrets", "new", "RemoteUnavailable")
        .await;
    server.put("secret/db", json!({"password": "two"}));
    server.put("secret/new", json!({"password": "three"}));
    server.trouble(None);
    until_version(&world, 2).await;
    until_current(&world, "RemoteCopied").await;
    world.until_ready("vaultsecrets", "new").await;
    server.delete("secret/db");
    until_current(&world, "RemoteDeleted").await;
    assert_eq!(world.value("DB").await.unwrap().reveal(), b"two");
    assert_eq!(condition(&web(&world), "Ready")["status"], "True");
    let about = |event: &&Value| event["regarding"]["name"] == "web";
    let told = |reason: &str| world.events(reason).iter().filter(about).count();
    world
        .until("the last event", |_| told("RemoteDeleted") == 1)
        .await;
    assert_eq!((told("RemoteUnavailable"), told("RemoteCopied")), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_rule_allows_is_not_asked_for_and_refused_once_on_record() {
    let server = Server::default();
    server.put("secret/other/db", json!({"password": "one"}));
    server.put("secret/team/db", json!({"password": "two"}));
    let mut world = fed(&server, &["*=secret/{namespace}/*"]).await;
    let entries = json!({
        "MINE": remote("openbao+kv2://secret/team/db#password"),
        "THEIRS": remote("openbao+kv2://secret/other/db#password"),
    });
    world.fake.apply("vaultsecrets", secrets("web", data(entries)));
    world
        .until_reason("vaultsecrets", "web", "RemoteNotAllowed")
        .await;
    let message = world.message("vaultsecrets", "web");
    for words in ["data.THEIRS", "remote.allow", "team=secret/other/db"] {
        assert!(message.contains(words), "{message}");
    }
    world
        .until("the other entry", |fake| {
            version(&fake.get("vaultsecrets", "team", "web").unwrap()) == 1
        })
        .await;
    assert_eq!(condition(&web(&world), "Stalled")["status"], "True");
    assert!(world.value("THEIRS").await.is_err());
    world.stop().await;
    world.start();
    world.until_reconciled(3.0).await;
    let denied = world.recorded("secret.copy").await;
    let denied = denied.iter().filter(|event| event.outcome == Outcome::Denied);
    let denied: Vec<&str> = denied.map(|event| event.target.as_str()).collect();
    assert_eq!(denied, ["openbao+kv2://secret/other/db#password"]);
    let asked = [server.looks(), server.reads()].concat();
    assert!(
        asked.iter().all(|path| path.starts_with("secret/team/db")),
        "{asked:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_cannot_be_meant_says_why_and_holds_no_other_up() {
    let server = Server::default();
    server.put("secret/db", json!({"password": "one"}));
    let mut world = fed(&server, &["team=secret/*"]).await;
    for (uri, reason, words) in [
        (
            "openbao+kv2://secret/a//b",
            "InvalidSpec",
            "empty or illegal segment",
        ),
        ("openbao+kv2://secret", "InvalidSpec", "empty or illegal segment"),
        (
            "openbao+kv2://bao.example:8200/x",
            "InvalidSpec",
            "a path, not a host",
        ),
        ("yaml://secret/x", "InvalidSpec", "not supported"),
        (
            "openbao+kv2://secret/x?version=0",
            "InvalidSpec",
            "a whole number from 1",
        ),
        (
            "openbao+kv2://secret/db#pasword",
            "RemoteKeyNotFound",
            "did you mean password?",
        ),
        ("openbao+kv2://secret/none", "RemoteNotFound", "nothing there"),
    ] {
        let entries = json!({"GOOD": remote("openbao+kv2://secret/db#password"), "BAD": remote(uri)});
        world.fake.apply("vaultsecrets", secrets("web", data(entries)));
        world.until_reason("vaultsecrets", "web", reason).await;
        let message = world.message("vaultsecrets", "web");
        assert!(
            message.contains("data.BAD") && message.contains(words),
            "{message}"
        );
        world
            .until("the good one", |fake| {
                fake.get("vaultsecrets", "team", "web").unwrap()["status"]["keys"][1]["version"] == 1
            })
            .await;
    }
    world.stop().await;
    let mut world = World::new().await;
    world.start();
    world.fake.apply("vaults", vault("app", json!({})));
    let entries = json!({"DB": remote("openbao+kv2://secret/db#password")});
    world.fake.apply("vaultsecrets", secrets("web", data(entries)));
    world
        .until_reason("vaultsecrets", "web", "RemoteNotConfigured")
        .await;
    assert!(world.message("vaultsecrets", "web").contains("remote.url"));
}

/// The real server: changed, sealed, killed, and back.
#[tokio::test(flavor = "multi_thread")]
async fn a_real_server_feeds_it_through_seals_and_ends() {
    let mut vault_server = coffer_vault_server::Server::start().await.unwrap();
    let rights = r#"path "secret/data/team/*" { capabilities = ["read"] }
        path "secret/metadata/team/*" { capabilities = ["read"] }"#;
    vault_server.policy("feed", rights).await.unwrap();
    let token = vault_server
        .make_token(json!({"policies": ["feed"]}))
        .await
        .unwrap();
    let options = Options::new(
        address(vault_server.url()).unwrap(),
        Login::Token(token.as_str().into()),
    );
    let mut world = World::new().await;
    let clock = world.coffer.clone();
    let remote_server = VaultServer::new(&options, move || clock.clock().now()).unwrap();
    world.feed(Arc::new(remote_server), &["*=secret/*"]);
    world.start();
    world.fake.apply("vaults", vault("app", json!({})));
    put(&vault_server, "one").await;
    let entries = json!({"DB": remote("openbao+kv2://secret/team/db#password")});
    world.fake.apply("vaultsecrets", secrets("web", data(entries)));
    world.until_ready("vaultsecrets", "web").await;
    put(&vault_server, "two").await;
    until_version(&world, 2).await;

    vault_server.seal().await.unwrap();
    until_current(&world, "RemoteUnavailable").await;
    assert!(
        condition(&web(&world), "RemoteCurrent")["message"]
            .to_string()
            .contains("sealed")
    );
    vault_server.unseal().await.unwrap();
    until_current(&world, "RemoteCopied").await;

    vault_server.kill().await.unwrap();
    until_current(&world, "RemoteUnavailable").await;
    assert_eq!(world.value("DB").await.unwrap().reveal(), b"two");
    vault_server.start_again().await.unwrap();
    vault_server.unseal().await.unwrap();
    put(&vault_server, "three").await;
    until_version(&world, 3).await;
    until_current(&world, "RemoteCopied").await;
    assert_eq!(world.value("DB").await.unwrap().reveal(), b"three");

    let theirs = json!({"X": remote("openbao+kv2://secret/other/db#password")});
    world.fake.apply("vaultsecrets", secrets("theirs", data(theirs)));
    world
        .until_reason("vaultsecrets", "theirs", "RemoteForbidden")
        .await;
}

async fn put(server: &coffer_vault_server::Server, password: &str) {
    let body = json!({"data": {"password": password}});
    server
        .ask(Method::POST, "secret/data/team/db", Some(body))
        .await
        .unwrap();
}
