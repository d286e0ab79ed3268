//! Profile D: a policy decision point that the test itself is.

use std::sync::Arc;

use axum::{Json, Router, extract::State, routing::post};
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{Canonical, fails, keeper::by_either};
use crate::answer::Answer;

by_either! {
    case_70_each_operation_is_asked_for_by_its_purpose,
    case_70_and_every_other_operation_by_its_own,
    case_71_a_denial_says_which_and_is_remembered,
    case_72_without_the_policys_word_nothing_is_permitted_or_done,
    case_73_a_permission_is_good_as_often_as_it_says,
    case_74_what_is_refused_before_never_reaches_the_policy,
    what_was_decided_and_how_long_it_took_is_counted_under_the_products_names,
}

const API: &str = "openbao+kv2://secret/app/api";

/// What was asked, and what is answered.
#[derive(Default)]
pub struct Table {
    asked: Vec<Value>,
    pub answer: Value,
}

/// A policy decision point, and a door that asks it.
struct Governed {
    door: Canonical,
    table: Arc<Mutex<Table>>,
    serving: tokio::task::JoinHandle<()>,
}

async fn evaluate(State(table): State<Arc<Mutex<Table>>>, Json(question): Json<Value>) -> Json<Value> {
    let mut table = table.lock();
    table.asked.push(question);
    Json(table.answer.clone())
}

/// A policy decision point that permits everything: what it is asked and answers, and its address.
pub async fn point() -> (Arc<Mutex<Table>>, String, tokio::task::JoinHandle<()>) {
    let table = Arc::new(Mutex::new(Table {
        answer: json!({"decision": true}),
        ..Table::default()
    }));
    let router = Router::new()
        .route("/access/v1/evaluation", post(evaluate))
        .with_state(Arc::clone(&table));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (table, url, serving)
}

impl Table {
    /// What was asked since the last time.
    pub fn asked(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.asked)
    }
}

impl Governed {
    async fn start() -> Self {
        let (table, url, serving) = point().await;
        let door = Canonical::with(&[
            "--canonical-require-auth",
            "false",
            "--canonical-environment",
            "dev",
            "--canonical-authorization",
            "true",
            "--canonical-pdp-url",
            &url,
            // A denial is remembered for longer than any test takes.
            "--canonical-denial-ttl",
            "3600",
        ])
        .await;
        Self { door, table, serving }
    }

    fn answers(&self, answer: Value) {
        self.table.lock().answer = answer;
    }

    /// What was asked since the last time.
    fn asked(&self) -> Vec<Value> {
        self.table.lock().asked()
    }

    fn purposes(&self) -> Vec<String> {
        let name = |question: &Value| question["action"]["name"].as_str().unwrap().to_owned();
        self.asked().iter().map(name).collect()
    }

    async fn write(&self, value: &str) {
        let body = json!({"uri": API, "value": {"token": value}});
        self.door.post("", body).await.expect(200);
    }
}

async fn case_70_each_operation_is_asked_for_by_its_purpose() {
    let governed = Governed::start().await;
    let door = &governed.door;
    governed.write("hunter2").await;
    assert_eq!(governed.purposes(), ["write"]);
    door.value(&format!("{API}%23token")).await.expect(200);
    let asked = governed.asked();
    assert_eq!(asked.len(), 1);
    let question = &asked[0];
    assert_eq!(
        (&question["action"]["name"], &question["subject"]["id"]),
        (&json!("execute"), &json!("anonymous"))
    );
    assert_eq!(
        question["context"]["resource_attributes"]["created_by"],
        "anonymous"
    );
    let resource = &question["resource"];
    assert_eq!(resource["id"], format!("{API}#token"));
    let properties = &resource["properties"];
    assert_eq!(
        [
            &properties["pdp_application"],
            &properties["mount"],
            &properties["path"],
            &properties["fragment"]
        ],
        ["secrets", "secret", "app/api", "token"]
    );
    assert_eq!(
        properties["resource_ref"],
        "pLZ2GppsLrRUQeG3pt1mmfn4vk3NDGydw_HLh4Y2aQo"
    );
    assert_eq!(
        properties["arn"],
        "auth:v1:resource:secret:openbao-default:Cy9APo3RHYn8tBDY"
    );
    assert!(!question.to_string().contains("hunter2"));
}

async fn case_70_and_every_other_operation_by_its_own() {
    let governed = Governed::start().await;
    let door = &governed.door;
    governed.write("x").await;
    governed.asked();
    let versions = json!({"uri": API, "versions": [1]});
    door.post("/rotate", json!({"uri": API, "value": {"token": "x"}}))
        .await
        .expect(200);
    door.get(&format!("/versions?uri={API}")).await.expect(200);
    door.post("/metadata/owner", json!({"uri": API, "owner": "x"}))
        .await
        .expect(200);
    door.delete(&format!("?uri={API}")).await.expect(200);
    door.post("/undelete", versions.clone()).await.expect(200);
    door.post("/destroy-versions", versions).await.expect(200);
    door.delete(&format!("?uri={API}&destroy=true")).await.expect(200);
    let expected = [
        "rotate",
        "read_metadata",
        "owner_update",
        "delete",
        "undelete",
        "destroy_versions",
        "destroy_versions",
    ];
    assert_eq!(governed.purposes(), expected);
    let moved = json!({"fromUri": "yaml://secret/env#FROM", "toUri": API.to_owned() + "#to"});
    door.post("/move", moved).await.expect(200);
    assert_eq!(governed.purposes(), ["read", "write", "delete"]);
}

async fn case_71_a_denial_says_which_and_is_remembered() {
    let governed = Governed::start().await;
    governed.write("x").await;
    governed.asked();
    governed.answers(json!({"decision": false, "context": {"decision_id": "d-7", "policy_version": "v3", "reason": "not yours"}}));
    for _ in 0..2 {
        let denied = fails(governed.door.value(API).await, 403, "SECRET_AUTHZ_FAILED");
        let details = &denied["details"];
        assert_eq!(
            [
                &details["decision_id"],
                &details["policy_version"],
                &details["reason"],
                &details["purpose"]
            ],
            ["d-7", "v3", "not yours", "execute"]
        );
        assert_eq!(details["failures"][0]["code"], "DENY");
    }
    assert_eq!(governed.purposes(), ["execute"]);
    fails(
        governed.door.delete(&format!("?uri={API}")).await,
        403,
        "SECRET_AUTHZ_FAILED",
    );
    assert_eq!(
        governed.purposes(),
        ["delete"],
        "another purpose is another question"
    );
    governed.answers(json!({"decision": true}));
    let audit = governed.door.get("/audit?event=SECRET_DENY").await.expect(200);
    assert_eq!(
        (audit["total"].clone(), &audit["items"][0]["effect"]),
        (json!(3), &json!("Deny"))
    );
}

async fn case_72_without_the_policys_word_nothing_is_permitted_or_done() {
    let governed = Governed::start().await;
    governed.write("x").await;
    for nonsense in [json!({}), json!({"decision": "true"}), json!(null)] {
        governed.answers(nonsense);
        fails(governed.door.value(API).await, 503, "PDP_UNAVAILABLE");
    }
    governed.serving.abort();
    let _ = governed.serving.await;
    fails(governed.door.value(API).await, 503, "PDP_UNAVAILABLE");
    fails(
        governed.door.delete(&format!("?uri={API}")).await,
        503,
        "PDP_UNAVAILABLE",
    );
    let audit = governed
        .door
        .get("/audit?event=SECRET_VERSION_DELETED")
        .await
        .expect(200);
    assert_eq!(audit["total"], 0);
}

async fn case_73_a_permission_is_good_as_often_as_it_says() {
    let governed = Governed::start().await;
    governed.write("x").await;
    governed.asked();
    for (uses, reads, questions) in [(1, 2, 2), (5, 5, 1)] {
        governed.answers(json!({"decision": true, "obligations": {"max_uses": uses, "ttl_s": 3600}}));
        for _ in 0..reads {
            governed.door.value(API).await.expect(200);
        }
        assert_eq!(governed.purposes().len(), questions, "{uses} uses");
    }
    governed.door.value(API).await.expect(200);
    assert_eq!(governed.purposes().len(), 1, "used up, it is asked for anew");
    governed.answers(json!({"decision": true, "obligations": [{"id": "unheard-of", "mandatory": true}]}));
    governed.door.value(&format!("{API}%23token")).await.expect(403);
}

async fn case_74_what_is_refused_before_never_reaches_the_policy() {
    let governed = Governed::start().await;
    fails(
        governed.door.value("openbao+kv2://kv/app").await,
        400,
        "TENANT_MOUNT_MISMATCH",
    );
    fails(
        governed.door.value("openbao+kv2://secret//app").await,
        400,
        "ILLEGAL_SEGMENT",
    );
    fails(
        governed.door.get(&format!("?uri={API}")).await,
        501,
        "OPERATION_NOT_SUPPORTED",
    );
    fails(
        governed.door.post("", json!({"uri": API, "value": "x"})).await,
        400,
        "INVALID_PAYLOAD",
    );
    assert!(governed.asked().is_empty());
}

async fn what_was_decided_and_how_long_it_took_is_counted_under_the_products_names() {
    let governed = Governed::start().await;
    let door = &governed.door;
    governed.write("hunter2").await;
    governed.answers(json!({"decision": true, "obligations": [{"ttl_s": 300, "max_uses": 2}]}));
    for _ in 0..2 {
        door.value(API).await.expect(200);
    }
    governed.answers(json!({"decision": false, "policy_version": "v7"}));
    for _ in 0..2 {
        door.delete(&format!("?uri={API}")).await.expect(403);
    }
    governed.answers(json!("nonsense"));
    door.value(&format!("{API}%23token")).await.expect(503);
    door.value("openbao+kv2://foreign/a").await.expect(400);
    let root = door.subject.base.strip_suffix("/canonical").unwrap();
    let text = Answer::of(door.subject.http.get(format!("{root}/metrics")))
        .await
        .expect(200)
        .text;
    for line in [
        r#"secrets_decisions_total{effect="Permit"} 3"#,
        r#"secrets_decisions_total{effect="Deny"} 2"#,
        r#"secret_denies_total{policy="v7"} 2"#,
        r#"secrets_errors_total{code="SECRET_AUTHZ_FAILED"} 2"#,
        r#"secrets_errors_total{code="TENANT_MOUNT_MISMATCH"} 1"#,
        "tenant_mount_violation_total 1",
        "grant_hit_total 1",
        "grant_negative_cache_hit_total 1",
        "grant_miss_total 4",
        "pdp_error_total 1",
        "pdp_latency_ms_count 4",
        r#"pep_latency_ms_count{hit="grant"} 1"#,
        r#"pep_latency_ms_count{hit="first"} 2"#,
        r#"provider_request_latency_seconds_count{op="execute",provider="openbao"} 2"#,
        r#"provider_request_latency_seconds_count{op="write",provider="openbao"} 1"#,
        "anti_replay_total 0",
        "provider_circuit_open_total 0",
    ] {
        assert!(
            text.lines().any(|found| found == line),
            "{line} is not in\n{text}"
        );
    }
    assert!(!text.contains("hunter2") && !text.contains("app/api"));
}
