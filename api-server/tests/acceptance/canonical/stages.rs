use serde_json::json;

use super::{Canonical, fails, keeper::by_either};

by_either! {
    case_59_to_61_what_is_for_development_is_closed_in_production,
    development_reads_uris_of_the_old_form,
}

const CRUD: &str = "openbao+kv2://secret/crud";

async fn case_59_to_61_what_is_for_development_is_closed_in_production() {
    for name in ["prod", "Production"] {
        let door = Canonical::with(&[
            "--canonical-require-auth",
            "false",
            "--canonical-environment",
            name,
        ])
        .await;
        let before = door.file("dev_secrets.yaml");
        let guarded = |answer| fails(answer, 403, "ENVIRONMENT_GUARD");
        guarded(
            door.post("", json!({"uri": "yaml://secret/env#A", "value": "x"}))
                .await,
        );
        guarded(
            door.post("/rotate", json!({"uri": "yaml://secret/env#A", "value": "x"}))
                .await,
        );
        guarded(door.delete("?uri=yaml://secret/env%23FROM").await);
        guarded(door.get("?uri=yaml://secret/env").await);
        assert_eq!(door.file("dev_secrets.yaml"), before);
        door.post("", json!({"uri": CRUD, "value": {"a": 1}}))
            .await
            .expect(200);
        fails(door.get("/events").await, 404, "NOT_FOUND");
        fails(door.get("/audit").await, 404, "NOT_FOUND");
        fails(
            door.value("openbao://secret/crud").await,
            400,
            "UNSUPPORTED_ENGINE",
        );
    }
    let staging = Canonical::with(&[
        "--canonical-require-auth",
        "false",
        "--canonical-environment",
        "staging",
    ])
    .await;
    staging.get("?uri=yaml://secret/env").await.expect(200);
    fails(
        staging.delete("?uri=yaml://secret/env").await,
        403,
        "ENVIRONMENT_GUARD",
    );
}

async fn development_reads_uris_of_the_old_form() {
    let door = Canonical::start().await;
    door.post("", json!({"uri": "openbao://secret/crud/", "value": {"a": 1}}))
        .await
        .expect(200);
    assert_eq!(door.value(CRUD).await.expect(200).json, json!({"a": 1}));
    fails(door.value("openbao://secret//crud").await, 400, "ILLEGAL_SEGMENT");
}

/// Without a credential, only programs of this machine are answered, and no page that a browser shows.
#[tokio::test]
async fn without_a_credential_only_this_machine_is_answered() {
    let door = Canonical::start().await;
    let url = format!("{}/api/secrets/value?uri={CRUD}", door.subject.base);
    for (header, value) in [
        ("origin", "https://attacker.example"),
        ("sec-fetch-site", "cross-site"),
        ("x-forwarded-for", "203.0.113.7"),
        ("host", "attacker.example"),
    ] {
        let answer = door
            .subject
            .http
            .get(&url)
            .header(header, value)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 401, "{header}");
    }
    fails(door.value(CRUD).await, 404, "SECRET_NOT_FOUND");
}
