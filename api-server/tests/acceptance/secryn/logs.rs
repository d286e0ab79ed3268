use serde_json::json;

use super::{Secryn, fresh};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one case, told from its start to its end")]
async fn case_34_nothing_is_told_that_should_not_be_and_each_call_is_logged() {
    let secryn = Secryn::start().await;
    let (vault, access) = secryn.vault().await;
    let value = format!("canary-{}", fresh());
    let secrets = format!("/vaults/{vault}/secrets");
    let body = json!({"name": "CANARY", "value": value});
    let mut told = vec![secryn.post(&secrets, body).await.expect(200)];
    told.push(secryn.get(&secrets).await.expect(200));
    told.push(
        secryn
            .put(&format!("{secrets}/CANARY"), json!({"tags": ["a"]}))
            .await
            .expect(200),
    );
    told.push(
        secryn
            .get(&format!("{secrets}/CANARY/versions"))
            .await
            .expect(200),
    );
    told.push(
        secryn
            .get(&format!("/vaults/{vault}?secrets=names"))
            .await
            .expect(200),
    );
    told.push(
        secryn
            .get(&format!("/vaults/{vault}/access-keys"))
            .await
            .expect(200),
    );
    told.push(
        secryn
            .post(&secrets, json!({"name": "CANARY", "value": value}))
            .await
            .expect(400),
    );
    told.push(secryn.get("/api-keys").await.expect(200));
    let in_query = format!("/vaults/{vault}/keys?access_key={access}");
    told.push(secryn.get_as("wrong", &in_query).await.expect(200));

    let log = secryn.get("/request-logs?limit=1").await.expect(200);
    let total = log["pagination"]["total"].as_u64().unwrap();
    let lines = secryn
        .get(&format!("/request-logs?page={}&limit=1", total + 1))
        .await
        .expect(200);
    assert_eq!(
        lines["pagination"]["total"],
        total + 1,
        "the log's own reading is a line too"
    );
    if secryn.0.is_own() {
        assert_eq!(
            total,
            told.len() as u64 + 2,
            "vault and access key were made before"
        );
        let all = secryn.get("/request-logs?limit=100").await.expect(200);
        let last = all
            .list_at("/data")
            .iter()
            .find(|line| line["actor"] == "access_key")
            .unwrap();
        assert_eq!(
            last["path"],
            format!("/v1/vaults/{vault}/keys?access_key=<redacted>")
        );
        for member in ["time", "method", "type", "ip", "user"] {
            assert!(last[member].is_string(), "{member}");
        }
        assert_eq!(last["status"], 200);
        assert!(last["duration_ms"].is_number());
        told.push(all);
    }
    told.push(log);
    told.push(secryn.get("/audit-logs?limit=100").await.expect(200));
    for answer in &told {
        for secret in [value.as_str(), access.as_str(), secryn.0.token.as_str()] {
            assert!(!answer.text.contains(secret), "{}", answer.text);
        }
    }
}
