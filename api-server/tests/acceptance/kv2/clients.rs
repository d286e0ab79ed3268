//! What clients send, request by request: the command line's verbs, External Secrets, the agent.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Kv, enveloped, logical, nothing};

impl Kv {
    async fn preflight(&self, path: &str) {
        let found = self
            .get(&format!("sys/internal/ui/mounts/{}/{path}", self.mount))
            .await;
        assert_eq!(logical(&found)["options"]["version"], "2");
    }
}

#[tokio::test]
async fn case_80_every_verb_of_the_command_line_goes_through() {
    let kv = Kv::start().await;
    let (data, metadata) = (kv.at("data/a"), kv.at("metadata/a"));
    // status, login <token>
    kv.as_token(None, (Method::GET, "sys/seal-status"), None)
        .await
        .expect(200);
    kv.as_token(None, (Method::GET, "sys/leader"), None)
        .await
        .expect(200);
    logical(&kv.get("auth/token/lookup-self").await);
    // kv put, kv put -cas
    kv.preflight("a").await;
    logical(&kv.put(&data, json!({"data": {"k": "1"}, "options": {}})).await);
    logical(
        &kv.put(&data, json!({"data": {"k": "2"}, "options": {"cas": 1}}))
            .await,
    );
    // kv get, -version
    assert_eq!(kv.value("a").await, json!({"k": "2"}));
    logical(&kv.get(&format!("{data}?version=1")).await);
    // kv patch
    logical(
        &kv.patch(&data, json!({"data": {"other": "x"}, "options": {}}))
            .await,
    );
    // kv list
    let listed = kv.get(&format!("{}?list=true", kv.at("metadata"))).await;
    assert_eq!(logical(&listed)["keys"], json!(["a"]));
    // kv delete, -versions; undelete; destroy
    nothing(&kv.delete(&data).await);
    let gone = kv.get(&data).await.expect(404);
    assert_eq!(enveloped(&gone)["data"], Value::Null);
    nothing(&kv.put(&kv.at("delete/a"), json!({"versions": ["1", "2"]})).await);
    nothing(
        &kv.put(&kv.at("undelete/a"), json!({"versions": ["2", "3"]}))
            .await,
    );
    nothing(&kv.put(&kv.at("destroy/a"), json!({"versions": ["1"]})).await);
    // kv metadata get, put, patch, delete
    let said = json!({"custom_metadata": {"a": "b"}, "max_versions": 5});
    nothing(&kv.put(&metadata, said).await);
    nothing(&kv.patch(&metadata, json!({"custom_metadata": {"c": "d"}})).await);
    let known = kv.get(&metadata).await;
    assert_eq!(logical(&known)["custom_metadata"], json!({"a": "b", "c": "d"}));
    // kv rollback -version=2
    let now = logical(&kv.get(&data).await)["metadata"]["version"].clone();
    let old = logical(&kv.get(&format!("{data}?version=2")).await)["data"].clone();
    let back = kv.put(&data, json!({"data": old, "options": {"cas": now}})).await;
    assert_eq!(logical(&back)["version"], 4);
    assert_eq!(kv.value("a").await, json!({"k": "2"}));
    nothing(&kv.delete(&metadata).await);
    assert_eq!(kv.get(&data).await.status, 404);
    // token capabilities
    let body = json!({"path": data, "token": kv.subject.token});
    logical(&kv.send(Method::POST, "sys/capabilities-self", Some(&body)).await);
}

#[tokio::test]
async fn case_82_external_secrets_pushes_finds_and_deletes() {
    let kv = Kv::start().await;
    let (data, metadata) = (kv.at("data/team/app"), kv.at("metadata/team/app"));
    for _ in 0..2 {
        // A push: what is there, whose it is, then both.
        kv.get(&data).await;
        let known = kv.get(&metadata).await;
        let seen = known["data"]["current_version"].as_u64().unwrap_or(0);
        let managed = json!({"custom_metadata": {"managed-by": "external-secrets"}});
        nothing(&kv.send(Method::PUT, &metadata, Some(&managed)).await);
        let body = json!({"data": {"token": "x"}, "options": {"cas": seen}});
        assert_eq!(logical(&kv.put(&data, body).await)["version"], seen + 1);
    }
    let root = kv.get(&format!("{}?list=true", kv.at("metadata"))).await;
    assert_eq!(logical(&root)["keys"], json!(["team/"]));
    let below = kv.get(&format!("{}?list=true", kv.at("metadata/team"))).await;
    assert_eq!(logical(&below)["keys"], json!(["app"]));
    let known = kv.get(&metadata).await;
    assert_eq!(
        logical(&known)["custom_metadata"]["managed-by"],
        "external-secrets"
    );
    nothing(&kv.delete(&data).await);
    nothing(&kv.delete(&metadata).await);
    assert_eq!(kv.get(&metadata).await.json, json!({"errors": []}));
}

#[tokio::test]
async fn case_83_the_agents_template_sees_a_new_version_at_its_next_look() {
    let kv = Kv::start().await;
    kv.set("app", json!({"password": "one"})).await;
    let found = kv.get(&format!("sys/internal/ui/mounts/{}/app", kv.mount)).await;
    let mount = logical(&found);
    assert_eq!(
        (&mount["type"], &mount["options"]["version"]),
        (&json!("kv"), &json!("2"))
    );
    assert_eq!(kv.value("app").await["password"], "one");
    kv.set("app", json!({"password": "two"})).await;
    assert_eq!(kv.value("app").await["password"], "two");
}
