use reqwest::Method;
use serde_json::{Value, json};

use super::{ADMIN, Keyway, REPO, problem};
use crate::answer::Answer;

pub async fn start(keyway: &Keyway) -> Answer {
    let body = Some(json!({"repository": "owner/repo"}));
    keyway
        .send(Method::POST, None, "/auth/device/start", body)
        .await
        .expect(200)
}

pub async fn poll(keyway: &Keyway, code: &Value) -> Answer {
    let body = Some(json!({ "deviceCode": code }));
    keyway.send(Method::POST, None, "/auth/device/poll", body).await
}

/// Sends the page's form.
async fn decide(keyway: &Keyway, fields: &[(&str, &str)]) -> Answer {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    let request = keyway
        .0
        .http
        .post(format!("{}/auth/device/verify", keyway.0.base))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.finish());
    Answer::of(request).await
}

#[tokio::test]
async fn case_01_a_device_code_is_given_out() {
    let keyway = Keyway::start().await;
    let started = start(&keyway).await;
    for member in [
        "deviceCode",
        "userCode",
        "verificationUri",
        "verificationUriComplete",
        "githubAppInstallUrl",
    ] {
        assert!(
            started[member].as_str().is_some_and(|text| !text.is_empty()),
            "{member}"
        );
        assert_eq!(started[member], started["data"][member]);
    }
    assert_eq!(
        (started["expiresIn"].as_u64(), started["interval"].as_u64()),
        (Some(900), Some(5))
    );
    let code = started.text_at("/userCode");
    assert!(
        started
            .text_at("/verificationUriComplete")
            .ends_with(&format!("?user_code={code}"))
    );
    assert_eq!(started.text_at("/deviceCode").len(), 64);
    let wrong = Some(json!({"repository": 7}));
    problem(
        keyway.send(Method::POST, None, "/auth/device/start", wrong).await,
        400,
        "bad-request",
    );
    keyway
        .send(Method::POST, None, "/auth/device/start", None)
        .await
        .expect(200);
}

#[tokio::test]
async fn case_02_a_code_that_nobody_decided_is_pending() {
    let keyway = Keyway::start().await;
    let pending = poll(&keyway, &start(&keyway).await["deviceCode"])
        .await
        .expect(200);
    assert_eq!(
        (&pending["status"], &pending["data"]["status"]),
        (&json!("pending"), &json!("pending"))
    );
}

#[tokio::test]
async fn case_03_its_page_is_shown_and_approves() {
    let keyway = Keyway::start().await;
    let started = start(&keyway).await;
    let page = keyway
        .send(
            Method::GET,
            None,
            &started.text_at("/verificationUriComplete"),
            None,
        )
        .await
        .expect(200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'")
    );
    let code = started.text_at("/userCode");
    assert!(page.text.contains(&code) && page.text.contains("owner/repo") && page.text.contains("<label"));
    decide(&keyway, &[("user_code", &code), ("token", "nope")])
        .await
        .expect(401);
    decide(&keyway, &[("user_code", "AAAAA-AAAAA"), ("token", ADMIN)])
        .await
        .expect(400);
    decide(&keyway, &[("user_code", &code)]).await.expect(400);
    let lower = code.to_lowercase().replace('-', "");
    let done = decide(&keyway, &[("user_code", &lower), ("token", ADMIN)])
        .await
        .expect(200);
    assert!(done.header("content-type").starts_with("text/html"));
    decide(&keyway, &[("user_code", &code), ("token", ADMIN)])
        .await
        .expect(400);
}

#[tokio::test]
async fn case_04_an_approved_code_brings_a_token_that_works_like_any_other() {
    let keyway = Keyway::start().await;
    let started = start(&keyway).await;
    decide(
        &keyway,
        &[("user_code", &started.text_at("/userCode")), ("token", ADMIN)],
    )
    .await
    .expect(200);
    let approved = poll(&keyway, &started["deviceCode"]).await.expect(200);
    assert_eq!(
        (&approved["status"], &approved["githubLogin"]),
        (&json!("approved"), &json!("octocat"))
    );
    assert_eq!(approved["data"]["keywayToken"], approved["keywayToken"]);
    let token = approved.text_at("/keywayToken");
    assert_eq!(token.matches('.').count(), 2);
    let ends: jiff::Timestamp = approved.text_at("/expiresAt").parse().unwrap();
    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap();
    let hours = (ends.as_second() - now) / 3600;
    assert!((719..=720).contains(&hours), "{hours}");
    keyway.get_as(&token, "/vaults").await.expect(200);
    let forged = format!("{}x", &token[..token.len() - 2]);
    problem(keyway.get_as(&forged, "/vaults").await, 401, "unauthorized");
    let again = poll(&keyway, &started["deviceCode"]).await.expect(200);
    assert_eq!(again["status"], "approved");
}

#[tokio::test]
async fn case_05_a_refused_code_says_so_with_200() {
    let keyway = Keyway::start().await;
    let started = start(&keyway).await;
    let fields = [
        ("user_code", started.text_at("/userCode")),
        ("token", ADMIN.into()),
        ("action", "deny".into()),
    ];
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    decide(&keyway, &fields).await.expect(200);
    let denied = poll(&keyway, &started["deviceCode"]).await.expect(200);
    assert_eq!(
        (&denied["status"], &denied["error"]),
        (&json!("denied"), &json!("authorization_denied"))
    );
    problem(poll(&keyway, &json!("0".repeat(64))).await, 404, "not-found");
    problem(
        keyway
            .send(Method::POST, None, "/auth/device/poll", Some(json!({})))
            .await,
        400,
        "bad-request",
    );
}

#[tokio::test]
async fn case_06_a_token_is_validated_with_or_without_a_body() {
    let keyway = Keyway::start().await;
    for body in [None, Some(json!({}))] {
        let whose = keyway
            .send(Method::POST, Some(ADMIN), "/auth/token/validate", body)
            .await
            .expect(200);
        assert_eq!(
            (&whose["data"]["username"], &whose["data"]["login"]),
            (&json!("octocat"), &json!("octocat"))
        );
        assert_eq!(
            (&whose["data"]["githubId"], &whose["data"]["forgeUserId"]),
            (&json!(12345), &json!("12345"))
        );
    }
    problem(
        keyway.post_as("nope", "/auth/token/validate", json!({})).await,
        401,
        "unauthorized",
    );
    problem(
        keyway
            .post_as("kw_live_nope", "/auth/token/validate", json!({}))
            .await,
        401,
        "unauthorized",
    );
    let in_query = keyway
        .send(Method::GET, None, "/users/me?token=ghp_admin", None)
        .await
        .expect(200);
    assert_eq!(in_query["data"]["username"], "octocat");
}

#[tokio::test]
async fn case_07_six_decisions_in_a_minute_are_one_too_many() {
    let keyway = Keyway::limited(&[]).await;
    for _ in 0..5 {
        decide(&keyway, &[("user_code", "AAAAA-AAAAA"), ("token", "x")])
            .await
            .expect(400);
    }
    let limited = decide(&keyway, &[("user_code", "AAAAA-AAAAA"), ("token", "x")]).await;
    let limited = problem(limited, 429, "rate-limited");
    assert!((1..=60).contains(&limited.number("retry-after")));
}

/// A native key works as its own kind of caller.
#[tokio::test]
async fn a_native_key_uses_its_own_organization() {
    let keyway = Keyway::start().await;
    let native = keyway.0.token.clone();
    keyway
        .get_as(&native, "/vaults/default/default")
        .await
        .expect(200);
    let body = json!({"repoFullName": "default/default", "secrets": {"A": "1"}});
    keyway.post_as(&native, "/secrets/push", body).await.expect(200);
    let pulled = keyway
        .get_as(&native, "/secrets/pull?repo=default/default")
        .await
        .expect(200);
    assert_eq!(pulled["data"]["content"], "A=1");
    keyway
        .post("/vaults", json!({"repoFullName": "owner/repo"}))
        .await
        .expect(201);
    problem(keyway.get_as(&native, REPO).await, 404, "not-found");
    problem(
        keyway.get_as(&native, &format!("{REPO}/secrets")).await,
        404,
        "not-found",
    );
    problem(keyway.get("/vaults/default/default").await, 404, "not-found");
}
