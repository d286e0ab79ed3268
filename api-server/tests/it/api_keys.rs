//! `/organizations/{org}/api-keys`

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::json;

use crate::support::{TestServer, body, secret};

const KEYS: &str = "/organizations/acme/api-keys";

fn reader(name: &str) -> serde_json::Value {
    json!({"name": name, "grants": [{"permissions": ["secrets:read"]}]})
}

#[tokio::test]
async fn a_token_is_shown_once() {
    let server = TestServer::start().await;
    let made = server.post(KEYS, &reader("ci")).await.expect(201);
    let token = made["token"].as_str().unwrap();
    assert!(token.starts_with("coffer_") && token.len() == 43);
    assert_eq!(
        made["grants"],
        json!([{"permissions": ["secrets:read"], "vault": "*", "environment": "*", "names": ["*"]}])
    );
    let one = server
        .get(&format!("{KEYS}/{}", made["id"].as_str().unwrap()))
        .await
        .expect(200);
    let list = server.get(KEYS).await.expect(200);
    for reply in [one, list] {
        assert!(
            !reply.text.contains("coffer_") && !reply.text.contains("digest"),
            "{}",
            reply.text
        );
    }
}

#[tokio::test]
async fn a_revoked_key_ends_at_once() {
    let server = TestServer::start().await;
    server.put(&secret("V"), &body("v")).await.expect(201);
    let made = server.post(KEYS, &reader("ci")).await.expect(201);
    let token = made["token"].as_str().unwrap();
    server.get_as(token, &secret("V")).await.expect(200);
    let one = format!("{KEYS}/{}", made["id"].as_str().unwrap());
    assert!(server.delete(&one).await.expect(200)["revokedAt"].is_string());
    assert_eq!(
        server.get_as(token, &secret("V")).await.code(401),
        "unauthenticated"
    );
    server.delete(&one).await.expect(200);
    assert_eq!(
        server.post(&format!("{one}:rotate"), &json!({})).await.code(409),
        "conflict"
    );
}

#[tokio::test]
async fn a_rotated_key_keeps_its_old_token_for_the_overlap() {
    let server = TestServer::start().await;
    server.put(&secret("V"), &body("v")).await.expect(201);
    let made = server.post(KEYS, &reader("ci")).await.expect(201);
    let one = format!("{KEYS}/{}", made["id"].as_str().unwrap());
    let rotated = server
        .post(&format!("{one}:rotate"), &json!({"overlap": "1h"}))
        .await
        .expect(200);
    assert_eq!(rotated["previousUntil"], "2026-06-01T13:00:00Z");
    let (old, new) = (
        made["token"].as_str().unwrap(),
        rotated["token"].as_str().unwrap(),
    );
    assert_ne!(old, new);
    server
        .clock
        .advance(SignedDuration::from_mins(60) - SignedDuration::from_secs(1));
    server.get_as(old, &secret("V")).await.expect(200);
    server.clock.advance(SignedDuration::from_secs(1));
    server.get_as(old, &secret("V")).await.expect(401);
    server.get_as(new, &secret("V")).await.expect(200);
}

#[tokio::test]
async fn without_overlap_the_old_token_ends_at_once() {
    let server = TestServer::start().await;
    let made = server.post(KEYS, &reader("ci")).await.expect(201);
    let one = format!("{KEYS}/{}", made["id"].as_str().unwrap());
    let rotated = server
        .send(Method::POST, &server.admin, &format!("{one}:rotate"), None)
        .await
        .expect(200);
    server
        .get_as(made["token"].as_str().unwrap(), "/whoami")
        .await
        .expect(401);
    server
        .get_as(rotated["token"].as_str().unwrap(), "/whoami")
        .await
        .expect(200);
}

#[tokio::test]
async fn a_key_ends_when_it_expires_and_not_before() {
    let server = TestServer::start().await;
    let mut wanted = reader("ci");
    wanted["expiresIn"] = json!("1d");
    let made = server.post(KEYS, &wanted).await.expect(201);
    assert_eq!(made["expiresAt"], "2026-06-02T12:00:00Z");
    let token = made["token"].as_str().unwrap();
    server
        .clock
        .advance(SignedDuration::from_hours(24) - SignedDuration::from_secs(1));
    server.get_as(token, "/whoami").await.expect(200);
    server.clock.advance(SignedDuration::from_secs(1));
    server.get_as(token, "/whoami").await.expect(401);
}

#[tokio::test]
async fn nobody_grants_what_they_lack() {
    let server = TestServer::start().await;
    let manager = server
        .key_for(json!({"permissions": ["keys:manage", "secrets:read"], "names": ["*"]}))
        .await;
    server
        .send(Method::POST, &manager, KEYS, Some(&reader("ok")))
        .await
        .expect(201);
    let wider = json!({"name": "x", "grants": [{"permissions": ["secrets:write"]}]});
    assert_eq!(
        server
            .send(Method::POST, &manager, KEYS, Some(&wider))
            .await
            .code(403),
        "forbidden"
    );
    let reader_token = server.key(&["secrets:read"]).await;
    assert_eq!(
        server
            .send(Method::POST, &reader_token, KEYS, Some(&reader("x")))
            .await
            .code(403),
        "forbidden"
    );
}

#[tokio::test]
async fn bad_requests_name_the_field() {
    let server = TestServer::start().await;
    for (body, told) in [
        (
            json!({"grants": [{"permissions": ["secrets:read"]}]}),
            "name: is missing",
        ),
        (json!({"name": "", "grants": []}), "name: must be"),
        (json!({"name": "x", "grants": []}), "grants"),
        (json!({"name": "x", "grants": [{"permissions": []}]}), "grants"),
        (
            json!({"name": "x", "grants": [{"permissions": ["secrets:raed"]}]}),
            "grants[0].permissions[0]",
        ),
        (
            json!({"name": "x", "grants": [{"permissions": ["SECRETS:READ"]}]}),
            "grants[0].permissions[0]",
        ),
        (
            json!({"name": "x", "grants": [{"permissions": ["secrets:read"], "vault": ""}]}),
            "grants[0].vault",
        ),
        (
            json!({"name": "x", "grants": [], "expiresIn": "soon"}),
            "expiresIn",
        ),
        (
            json!({"name": "x", "grants": [{"permissions": ["secrets:read"]}], "expiresIn": "0s"}),
            "expiresAt",
        ),
        (json!({"name": "a\r\nb", "grants": []}), "name: must be"),
    ] {
        let reply = server.post(KEYS, &body).await.expect(400);
        assert!(
            reply["message"].as_str().unwrap().contains(told),
            "{}",
            reply.text
        );
    }
    assert_eq!(server.get(&format!("{KEYS}/nonsense")).await.code(400), "invalid");
    assert_eq!(
        server
            .get(&format!("{KEYS}/00000000-0000-7000-8000-000000000000"))
            .await
            .code(404),
        "not_found"
    );
}

#[tokio::test]
async fn lists_come_in_pages() {
    let server = TestServer::start().await;
    for name in ["one", "two", "three"] {
        server.post(KEYS, &reader(name)).await.expect(201);
    }
    let mut names = Vec::new();
    let mut after = String::new();
    loop {
        let page = server.get(&format!("{KEYS}?limit=2{after}")).await.expect(200);
        names.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["name"].clone()),
        );
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    names.sort_by_key(ToString::to_string);
    assert_eq!(names, ["bootstrap administrator", "one", "three", "two"]);
}

#[tokio::test]
async fn one_knows_who_one_is() {
    let server = TestServer::start().await;
    let me = server.get("/whoami").await.expect(200);
    assert_eq!(
        (&me["kind"], &me["organization"]),
        (&json!("apiKey"), &json!("acme"))
    );
    assert_eq!(me["name"], "bootstrap administrator");
}

#[tokio::test]
async fn another_tenants_keys_do_not_exist() {
    let server = TestServer::start().await;
    let other = coffer_domain::name::OrgName::new("other").unwrap();
    let theirs = coffer_api_server::bootstrap::bootstrap(&server.coffer, &other)
        .await
        .unwrap();
    let token = String::from_utf8(theirs.token.reveal().to_vec()).unwrap();
    let list = server
        .get_as(&token, "/organizations/other/api-keys")
        .await
        .expect(200);
    let id = list["items"][0]["id"].as_str().unwrap();
    for path in [
        format!("{KEYS}/{id}"),
        format!("/organizations/other/api-keys/{id}"),
    ] {
        assert_eq!(server.get(&path).await.code(404), "not_found");
        assert_eq!(server.delete(&path).await.code(404), "not_found");
        assert_eq!(
            server.post(&format!("{path}:rotate"), &json!({})).await.code(404),
            "not_found"
        );
    }
    server.get_as(&token, "/whoami").await.expect(200);
}
