use reqwest::Method;
use serde_json::json;

use super::{ADMIN, Keyway, problem};
use crate::answer::Answer;

#[tokio::test]
async fn case_40_a_hundred_and_one_requests_are_one_too_many() {
    let keyway = Keyway::limited(&[]).await;
    for _ in 0..100 {
        keyway.get("/users/me").await.expect(200);
    }
    let limited = problem(keyway.get("/users/me").await, 429, "rate-limited");
    assert!((1..=900).contains(&limited.number("retry-after")));
    assert_eq!(limited.number("x-ratelimit-remaining"), 0);
    assert_eq!(limited.number("x-ratelimit-limit"), 100);
    keyway
        .send(Method::GET, Some(ADMIN), "/health", None)
        .await
        .expect(200);
}

#[tokio::test]
async fn case_41_where_plans_bite_a_second_private_vault_is_refused() {
    let keyway = Keyway::limited(&["--keyway-plan-limits"]).await;
    let make = async |name: &str| keyway.post("/vaults", json!({ "repoFullName": name })).await;
    make("octocat/first").await.expect(201);
    let refused = problem(make("octocat/second").await, 403, "plan-limit");
    assert!(refused["upgradeUrl"].is_string());
    make("owner/repo").await.expect(201);
    let organization = problem(make("acme/hidden").await, 403, "plan-limit");
    assert_eq!(
        (
            &organization["trialInfo"]["eligible"],
            &organization["trialInfo"]["daysAvailable"]
        ),
        (&json!(true), &json!(14))
    );
    keyway.post("/orgs/acme/trial/start", json!({})).await.expect(200);
    make("acme/hidden").await.expect(201);
    let fifth = keyway
        .post("/vaults/owner/repo/environments", json!({"name": "fifth"}))
        .await;
    problem(fifth, 403, "plan-limit");
}

#[tokio::test]
async fn case_42_health_needs_nothing_and_nonsense_is_a_problem() {
    let keyway = Keyway::start().await;
    let root = keyway.0.base.strip_suffix("/v1").unwrap().to_owned();
    let health = keyway
        .send(Method::GET, None, &format!("{root}/health"), None)
        .await
        .expect(200);
    assert_eq!(
        (&health["status"], &health["database"]),
        (&json!("healthy"), &json!("connected"))
    );
    keyway.send(Method::HEAD, None, "/health", None).await.expect(200);
    assert_eq!(
        keyway.send(Method::GET, None, "/health", None).await.expect(200)["version"],
        "v1"
    );
    problem(keyway.get("/no/such/path").await, 404, "not-found");
    for route in coffer_api_server::keyway::routes::all() {
        if route.method != "POST" {
            continue;
        }
        let path = super::matrix::concrete(route.path, "x", "x");
        let request = keyway
            .0
            .http
            .post(format!("{}{path}", keyway.0.base))
            .bearer_auth(ADMIN);
        let answer = Answer::of(
            request
                .header("content-type", "application/json")
                .body("{bad json"),
        )
        .await;
        // Where the path names a vault that is not there, that is said first.
        if path.contains("/owner/repo") {
            problem(answer, 404, "not-found");
        } else {
            problem(answer, 400, "bad-request");
        }
    }
}
