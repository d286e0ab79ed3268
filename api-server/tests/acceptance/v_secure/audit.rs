use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::VSecure;
use crate::answer::Answer;

/// A secret that was made, changed, read, and refused to a key: its name.
async fn history(door: &VSecure) -> String {
    let name = VSecure::name("AUDITED");
    door.secret(&name, "canary-of-the-log", &["a"]).await;
    let path = format!("/secrets/{name}");
    door.put(&path, json!({"value": "canary-of-the-log-2", "tags": ["b"]}))
        .await
        .expect(200);
    door.get(&path).await.expect(200);
    let (weak, _) = door.key(&["audit:read"]).await;
    door.get_as(&weak, &path).await.fails(403, "PERMISSION_DENIED");
    name
}

fn actions(page: &Answer) -> Vec<String> {
    let items = page.list_at("/data").iter();
    items.map(|it| it["event"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one case, told from its start to its end")]
async fn case_35_what_was_done_is_told_newest_first() {
    let door = VSecure::start().await;
    let name = history(&door).await;
    let page = door
        .get(&format!("/audit-logs?resource=secrets&name={name}"))
        .await
        .expect(200);
    assert_eq!(
        actions(&page),
        [
            "secret.accessed",
            "secret.accessed",
            "secret.updated",
            "secret.created"
        ]
    );
    let items = page.list_at("/data");
    for item in items {
        let hash = item["signature"]
            .as_str()
            .unwrap()
            .strip_prefix("sha256:")
            .unwrap();
        assert!(hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert!(item["timestamp"].as_str().unwrap().len() == 24);
        assert_eq!(item["resource"]["name"], name);
    }
    assert_eq!(
        (&items[0]["result"], &items[1]["result"]),
        (&json!("failure"), &json!("success"))
    );
    assert_eq!(items[2]["changes"]["version"], json!({"from": 1, "to": 2}));
    assert_eq!(
        items[2]["changes"]["tags"],
        json!({"added": ["b"], "removed": ["a"]})
    );
    let count = async |query: &str| {
        let path = format!("/audit-logs?name={name}&{query}");
        door.get(&path).await.expect(200)["pagination"]["totalCount"]
            .as_u64()
            .unwrap()
    };
    assert_eq!(count("since=24h").await, 4);
    assert_eq!(count("until=24h").await, 0);
    assert_eq!(count("resource=secret&action=accessed").await, 2);
    assert_eq!(count("action=secret.updated").await, 1);
    assert_eq!(count("result=failure").await, 1);
    assert_eq!(count("resource=apikeys").await, 0);
    let first = door
        .get(&format!("/audit-logs?name={name}&limit=1"))
        .await
        .expect(200);
    assert_eq!(first["pagination"]["hasMore"], true);
    let cursor = first.text_at("/pagination/cursor");
    let rest = door
        .get(&format!("/audit-logs?name={name}&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(rest.list_at("/data").len(), 3);
    door.get("/audit-logs?resource=planets")
        .await
        .fails(400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn case_36_an_entry_is_verified() {
    let door = VSecure::start().await;
    let name = history(&door).await;
    let page = door
        .get(&format!("/audit-logs?name={name}&limit=1"))
        .await
        .expect(200);
    let listed = &page.list_at("/data")[0];
    let path = format!("/audit-logs/{}", listed["id"].as_str().unwrap());
    let one = door.get(&path).await.expect(200);
    assert_eq!(
        (&one["verified"], &one["signature"]),
        (&json!(true), &listed["signature"])
    );
    let verified = door.post(&format!("{path}/verify"), json!({})).await.expect(200);
    assert_eq!(
        (&verified["verified"], &verified["algorithm"]),
        (&json!(true), &json!("HMAC-SHA256"))
    );
    assert_eq!(verified["signature"], listed["signature"]);
    door.get("/audit-logs/log_nope")
        .await
        .fails(404, "RESOURCE_NOT_FOUND");
}

#[tokio::test]
async fn case_37_no_log_tells_a_value() {
    let door = VSecure::start().await;
    let name = history(&door).await;
    let page = door.get("/audit-logs?limit=1000").await.expect(200);
    let one = format!("/audit-logs/{}", page.list_at("/data")[0]["id"].as_str().unwrap());
    for answer in [door.get("/mcp/audit").await, door.get(&one).await, page] {
        let answer = answer.expect(200);
        assert!(!answer.text.contains("canary-of-the-log") && !answer.text.contains(door.token()));
    }
    assert!(!name.is_empty());
}

async fn completed(door: &VSecure, id: &str) -> Answer {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let export = door.get(&format!("/audit-logs/exports/{id}")).await.expect(200);
        if export["status"] != "processing" {
            assert_eq!(export["status"], "completed");
            return export;
        }
        assert!(Instant::now() < deadline, "it is not made");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn case_38_an_export_is_made_in_the_background() {
    let door = VSecure::start().await;
    let name = history(&door).await;
    let body = json!({
        "format": "json", "since": "2024-01-01T00:00:00Z", "includeSignatures": true,
        "filters": {"resource": "secrets", "action": "accessed", "name": name},
    });
    let asked = door.post("/audit-logs/export", body).await.expect(202);
    let id = asked.text_at("/exportId");
    assert!(id.starts_with("exp_"));
    assert_eq!(
        (&asked["status"], &asked["downloadUrl"]),
        (&json!("processing"), &json!(null))
    );
    let export = completed(&door, &id).await;
    assert!(
        export
            .text_at("/downloadUrl")
            .ends_with(&format!("/exports/{id}/download"))
    );
    let file = door
        .get(&format!("/audit-logs/exports/{id}/download"))
        .await
        .expect(200);
    let lines: Vec<Value> = file
        .text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    assert!(
        lines
            .iter()
            .all(|line| line["event"] == "secret.accessed" && line["signature"].is_string())
    );
    for format in ["csv", "syslog"] {
        let body = json!({"format": format, "filters": {"name": name}});
        let id = door
            .post("/audit-logs/export", body)
            .await
            .expect(202)
            .text_at("/exportId");
        completed(&door, &id).await;
        let file = door
            .get(&format!("/audit-logs/exports/{id}/download"))
            .await
            .expect(200);
        assert!(file.text.contains(&name), "{}", file.text);
    }
    door.post("/audit-logs/export", json!({"format": "parquet"}))
        .await
        .fails(400, "VALIDATION_ERROR");
    door.get("/audit-logs/exports/exp_nope")
        .await
        .fails(404, "RESOURCE_NOT_FOUND");
    let report = json!({"type": "soc2", "period": {"start": "2024-01-01", "end": "2099-12-31"}, "includeMetrics": true});
    let report = door.post("/audit-logs/reports", report).await.expect(201);
    assert!(report["metrics"]["totalEvents"].as_u64().unwrap() >= 4);
    assert!(report["metrics"]["failedAccess"].as_u64().unwrap() >= 1);
    let path = format!("/audit-logs/reports/{}", report.text_at("/reportId"));
    assert_eq!(door.get(&path).await.expect(200)["metrics"], report["metrics"]);
}
