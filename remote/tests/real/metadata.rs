//! What is said of keys, with and without the right to patch, and engines with rules of their own.

use std::collections::BTreeMap;

use coffer_domain::{
    address::Version,
    canonical_uri::{Reading, UriPrefix},
    provider::{Change, Entry, Intent, PayloadFault, Provider, ProviderFault},
    secret_json::SecretJson,
};
use coffer_remote::{Login, Options};
use coffer_vault_server::Server;
use reqwest::Method;
use serde_json::json;

use super::{APP, Remote, actor, options, uri};

async fn with_rights(server: &Server, capabilities: &str) -> Remote {
    let rights = format!("path \"secret/*\" {{ capabilities = [{capabilities}] }}");
    server.policy("app", &rights).await.unwrap();
    let token = server.make_token(json!({ "policies": ["app"] })).await.unwrap();
    Remote::new(&options(server, Login::Token(token.as_str().into())))
}

#[tokio::test]
async fn a_stamp_leaves_what_others_said_with_and_without_the_right_to_patch() {
    let server = Server::start().await.unwrap();
    for capabilities in [
        r#""create", "read", "update", "patch", "delete", "list""#,
        r#""create", "read", "update", "delete", "list""#,
    ] {
        let remote = with_rights(&server, capabilities).await;
        let said = json!({ "custom_metadata": { "team": "blue" } });
        server
            .ask(Method::POST, "secret/metadata/app", Some(said))
            .await
            .unwrap();
        remote.write(json!({ "a": "b" })).await.unwrap();
        let owner = "auth:account:idp:data";
        let after = remote.0.set_owner(&actor(), &uri(APP), owner).await.unwrap();
        let told = remote.0.history(&actor(), &uri(APP)).await.unwrap().custom;
        assert_eq!(after, told);
        let text = |name: &str| told.get(name).map(String::as_str);
        assert_eq!(
            (text("team"), text("created_by"), text("owner")),
            (Some("blue"), Some("auth:account:idp:alice"), Some(owner)),
            "{capabilities}"
        );
        let empty = remote.0.set_owner(&actor(), &uri(APP), "").await;
        assert!(
            matches!(empty, Err(ProviderFault::Payload(PayloadFault::Refused))),
            "{empty:?}"
        );
        server
            .ask(Method::DELETE, "secret/metadata/app", None)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn where_every_write_must_name_the_version_before_it_does() {
    let server = Server::start().await.unwrap();
    let rule = json!({ "cas_required": true });
    server
        .ask(Method::POST, "secret/config", Some(rule))
        .await
        .unwrap();
    let remote = Remote::new(&options(&server, Login::Token(server.token().into())));
    for version in 1..4 {
        let wrote = remote.write(json!({ "n": version })).await.unwrap();
        assert_eq!(wrote.new.map(Version::get), Some(version));
    }
}

/// Two programs at one key: what one of them writes between the other's read and write is not lost.
#[tokio::test]
async fn two_programs_lose_nothing_of_each_other() {
    let server = Server::start().await.unwrap();
    let all = || Remote::new(&options(&server, Login::Token(server.token().into())));
    let (one, other) = (all(), all());
    let (one_key, other_key) = (set("one"), set("other"));
    let (app, actor) = (uri(APP), actor());
    let write = |remote: &Remote, change: &Change| {
        let (server, app, actor, change) = (remote.0.clone(), app.clone(), actor.clone(), change.clone());
        async move {
            // As a caller would who is told of a conflict.
            loop {
                match server.write(&actor, &app, &change, Intent::Write).await {
                    Err(ProviderFault::Contended) => {}
                    written => return written.unwrap(),
                }
            }
        }
    };
    for _ in 0..5 {
        tokio::join!(write(&one, &one_key), write(&other, &other_key));
    }
    let found = one.read().await.unwrap();
    assert_eq!(found.value.reveal(), &json!({ "one": 1, "other": 1 }));
    assert_eq!(found.version.map(Version::get), Some(10));
}

fn set(key: &str) -> Change {
    Change::Set(key.to_owned(), SecretJson::new(json!(1)))
}

#[tokio::test]
async fn a_mount_may_be_an_engine_of_another_name_and_is_listed_by_its_own() {
    let server = Server::start().await.unwrap();
    server.mount("kv/team").await.unwrap();
    let renamed = Options {
        engines: BTreeMap::from([("team".to_owned(), "kv/team".to_owned())]),
        ..options(&server, Login::Token(server.token().into()))
    };
    let remote = Remote::new(&renamed);
    let body = json!({ "data": { "a": "b" } });
    for key in ["app", "app/below", "not a segment"] {
        let path = format!("kv/team/data/{}", key.replace(' ', "%20"));
        server.ask(Method::POST, &path, Some(body.clone())).await.unwrap();
    }
    let found = remote
        .0
        .read(&actor(), &uri("openbao+kv2://team/app"))
        .await
        .unwrap();
    assert_eq!(found.value.reveal(), &json!({ "a": "b" }));
    let prefix = UriPrefix::parse("openbao+kv2://team/", Reading::Strict).unwrap();
    let listed = remote.0.entries(&actor(), &prefix).await.unwrap();
    let expected = [
        Entry::Secret("team/app".to_owned()),
        Entry::Folder("team/app".to_owned()),
    ];
    assert_eq!(listed, expected, "what no URI can name is left out");
}
