use serde_json::json;

use super::{DEV, Keyway, REPO, STRANGER, VIEWER, problem};
use crate::answer::Answer;

/// Pulls as the product's own command does, or another program.
async fn pull(keyway: &Keyway, agent: &str) {
    let url = format!("{}/secrets/pull?repo=owner/repo&environment=local", keyway.0.base);
    let request = keyway
        .0
        .http
        .get(url)
        .bearer_auth(DEV)
        .header("user-agent", agent);
    Answer::of(request).await.expect(200);
}

#[tokio::test]
async fn a_pull_by_a_new_device_raises_one_alert() {
    let keyway = Keyway::with_vault().await;
    keyway
        .push("local", json!({"A": "hunter2-canary"}))
        .await
        .expect(200);
    let path = format!("{REPO}/security/alerts");
    assert_eq!(keyway.get(&path).await.expect(200)["data"], json!([]));
    for agent in [
        "keyway-cli/1.0.0",
        "keyway-cli/1.0.0",
        "curl/8.5.0",
        "keyway-cli/1.1.0",
    ] {
        pull(&keyway, agent).await;
    }
    let told = keyway.get_as(VIEWER, &path).await.expect(200);
    assert!(!told.text.contains("hunter2-canary"));
    let all = told.list_at("/data");
    let agents: Vec<_> = all
        .iter()
        .map(|one| one["event"]["userAgent"].as_str().unwrap())
        .collect();
    assert_eq!(
        agents,
        ["keyway-cli/1.1.0", "keyway-cli/1.0.0"],
        "the latest first, each once"
    );
    for one in all {
        assert_eq!(
            (&one["type"], &one["severity"]),
            (&json!("new_device"), &json!("warning"))
        );
        assert!(one["id"].is_string() && one["message"].is_string() && one["createdAt"].is_string());
        assert!(one["event"]["ip"].is_string() && one["event"]["deviceId"].is_string());
        assert_eq!(one["event"]["location"], json!({"country": null, "city": null}));
    }
    let second = keyway.get(&format!("{path}?limit=1&offset=1")).await.expect(200);
    assert_eq!(second["data"][0]["id"], all[1]["id"]);
    problem(keyway.get(&format!("{path}?limit=101")).await, 400, "bad-request");
    problem(keyway.get_as(STRANGER, &path).await, 403, "forbidden");
}
