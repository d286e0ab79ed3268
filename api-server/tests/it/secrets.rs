//! `…/secrets`

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::Method;
use serde_json::json;

use crate::support::{Reply, TestServer, body, secret};

#[tokio::test]
async fn what_was_put_is_read() {
    let server = TestServer::start().await;
    let put = server
        .put(&secret("DATABASE_URL"), &body("postgres://x"))
        .await
        .expect(201);
    assert_eq!(
        (&put["name"], &put["version"]),
        (&json!("DATABASE_URL"), &json!(1))
    );
    let got = server.get(&secret("DATABASE_URL")).await.expect(200);
    assert_eq!(got["value"], "postgres://x");
    assert_eq!(got["version"], 1);
    assert_eq!(got["createdAt"], "2026-06-01T12:00:00Z");
    assert!(got["createdBy"].as_str().unwrap().starts_with("key:"));
    assert_eq!(got.header("cache-control"), "no-store");
    assert_eq!(got.header("etag"), "\"1\"");
    assert_eq!(got.header("content-type"), "application/json");
    assert_eq!(got.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn values_come_back_byte_for_byte() {
    let server = TestServer::start().await;
    let long = "x".repeat(64 * 1024);
    for value in [
        "",
        "'",
        "\"\\\r\n\t$`",
        "naïve ☃ 𝄞",
        "\u{1}\u{7f}",
        " space ",
        &long,
    ] {
        server.put(&secret("V"), &body(value)).await;
        assert_eq!(server.get(&secret("V")).await.expect(200)["value"], value);
    }
    let bytes: Vec<u8> = (0..=255).collect();
    server
        .put(
            &secret("V"),
            &json!({"valueBase64": BASE64_STANDARD.encode(&bytes)}),
        )
        .await
        .expect(200);
    let got = server.get(&secret("V")).await.expect(200);
    assert!(got["value"].is_null());
    assert_eq!(
        BASE64_STANDARD
            .decode(got["valueBase64"].as_str().unwrap())
            .unwrap(),
        bytes
    );
}

#[tokio::test]
async fn a_value_over_64_kib_is_refused() {
    let server = TestServer::start().await;
    let reply = server.put(&secret("V"), &body(&"x".repeat(64 * 1024 + 1))).await;
    assert_eq!(reply.code(413), "too_large");
    let reply = server.put(&secret("V"), &body(&"x".repeat(1024 * 1024))).await;
    assert_eq!(reply.code(413), "too_large");
    assert_eq!(server.get(&secret("V")).await.code(404), "not_found");
}

#[tokio::test]
async fn older_versions_stay_readable() {
    let server = TestServer::start().await;
    server.put(&secret("V"), &body("one")).await.expect(201);
    assert_eq!(
        server.put(&secret("V"), &body("two")).await.expect(200)["version"],
        2
    );
    assert_eq!(server.get(&secret("V")).await.expect(200)["value"], "two");
    assert_eq!(
        server.get(&secret("V?version=1")).await.expect(200)["value"],
        "one"
    );
    assert_eq!(server.get(&secret("V?version=3")).await.code(404), "not_found");
}

#[tokio::test]
async fn names_with_slashes_come_encoded_or_plain() {
    let server = TestServer::start().await;
    server.put(&secret("app/api"), &body("v")).await.expect(201);
    server.put(&secret("app%2Fapi"), &body("w")).await.expect(200);
    for name in ["app/api", "app%2Fapi", "app%2fapi", "%61pp/api"] {
        let got = server.get(&secret(name)).await.expect(200);
        assert_eq!((&got["name"], &got["value"]), (&json!("app/api"), &json!("w")));
    }
    let versions = server.get(&secret("app/api:versions")).await.expect(200);
    assert_eq!(versions["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn check_and_set_writes_only_what_is_expected() {
    let server = TestServer::start().await;
    let put = async |header: &str, tag: &str, value: &str| {
        let request = server
            .request(Method::PUT, Some(&server.admin), &secret("V"))
            .header(header, tag);
        Reply::of(request.json(&body(value)).send().await.unwrap()).await
    };
    put("if-none-match", "*", "one").await.expect(201);
    assert_eq!(
        put("if-none-match", "*", "other").await.code(412),
        "precondition_failed"
    );
    assert_eq!(
        put("if-match", "\"7\"", "other").await.code(412),
        "precondition_failed"
    );
    put("if-match", "\"1\"", "two").await.expect(200);
    for tag in ["1", "\"0\"", "\"x\"", "*", "\"1\", \"2\"", "W/\"1\"", ""] {
        assert_eq!(put("if-match", tag, "other").await.code(400), "invalid", "{tag}");
    }
    assert_eq!(put("if-none-match", "\"1\"", "other").await.code(400), "invalid");
    assert_eq!(server.get(&secret("V")).await.expect(200)["value"], "two");
}

#[tokio::test]
async fn concurrent_writers_with_the_same_expectation_have_one_winner() {
    let server = TestServer::start().await;
    server.put(&secret("V"), &body("one")).await.expect(201);
    let writers = (0..16).map(|at| {
        let request = server
            .request(Method::PUT, Some(&server.admin), &secret("V"))
            .header("if-match", "\"1\"");
        request.json(&body(&at.to_string())).send()
    });
    let answers = futures::future::join_all(writers).await;
    let won = answers
        .iter()
        .filter(|answer| answer.as_ref().unwrap().status() == 200)
        .count();
    let lost = answers
        .iter()
        .filter(|answer| answer.as_ref().unwrap().status() == 412)
        .count();
    assert_eq!((won, lost), (1, 15));
}

#[tokio::test]
async fn deleted_versions_can_be_undeleted_and_destroyed_ones_cannot() {
    let server = TestServer::start().await;
    for value in ["one", "two"] {
        server.put(&secret("V"), &body(value)).await;
    }
    assert_eq!(
        server.delete(&secret("V?version=2")).await.expect(200)["current"],
        json!(null)
    );
    assert_eq!(server.get(&secret("V")).await.code(410), "deleted");
    assert_eq!(
        server.get(&secret("V?version=1")).await.expect(200)["value"],
        "one"
    );

    let undeleted = server
        .send(Method::POST, &server.admin, &secret("V:undelete"), None)
        .await
        .expect(200);
    assert_eq!(undeleted["current"], 2);
    assert_eq!(server.get(&secret("V")).await.expect(200)["value"], "two");

    server
        .post(&secret("V:destroy"), &json!({"versions": [1]}))
        .await
        .expect(200);
    assert_eq!(server.get(&secret("V?version=1")).await.code(410), "destroyed");
    assert_eq!(
        server
            .post(&secret("V:undelete"), &json!({"versions": [1]}))
            .await
            .code(410),
        "destroyed"
    );

    server.delete(&secret("V")).await.expect(200);
    let versions = server.get(&secret("V:versions")).await.expect(200);
    let states: Vec<_> = versions["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["state"].clone())
        .collect();
    assert_eq!(states, ["deleted", "destroyed"]);
}

#[tokio::test]
async fn destroying_says_which() {
    let server = TestServer::start().await;
    server.put(&secret("V"), &body("one")).await.expect(201);
    for wrong in [
        json!({}),
        json!({"versions": []}),
        json!({"versions": [0]}),
        json!({"all": true, "versions": [1]}),
    ] {
        assert_eq!(
            server.post(&secret("V:destroy"), &wrong).await.code(400),
            "invalid",
            "{wrong}"
        );
    }
    let unsaid = server
        .send(Method::POST, &server.admin, &secret("V:destroy"), None)
        .await;
    assert_eq!(unsaid.code(400), "invalid");
    assert_eq!(server.get(&secret("V")).await.expect(200)["value"], "one");
    server
        .post(&secret("V:destroy"), &json!({"all": true}))
        .await
        .expect(200);
    assert_eq!(server.get(&secret("V")).await.code(410), "destroyed");
}

#[tokio::test]
async fn lists_show_names_and_never_values() {
    let server = TestServer::start().await;
    for name in ["A", "B/x", "C"] {
        server.put(&secret(name), &body("hunter2")).await.expect(201);
    }
    let list = secret("").trim_end_matches('/').to_owned();
    let first = server.get(&format!("{list}?limit=2")).await.expect(200);
    assert_eq!(
        (&first["items"][1]["name"], &first["next"]),
        (&json!("B/x"), &json!("B/x"))
    );
    let rest = server.get(&format!("{list}?after=B%2Fx")).await.expect(200);
    assert_eq!(
        (&rest["items"][0]["name"], &rest["next"]),
        (&json!("C"), &json!(null))
    );
    assert!(!first.text.contains("hunter2") && !rest.text.contains("hunter2"));
    assert!(
        !server
            .get(&secret("A:versions"))
            .await
            .expect(200)
            .text
            .contains("hunter2")
    );
}

#[tokio::test]
async fn bad_parameters_are_named() {
    let server = TestServer::start().await;
    server.put(&secret("V"), &body("one")).await.expect(201);
    for (path, told) in [
        ("V?version=x", "version"),
        ("V?version=0", "version"),
        ("V?version=1&version=1", "version: is given twice"),
        ("V?destroy", "unknown parameter"),
        ("V:versions?limit=1", "takes no parameters"),
    ] {
        let reply = server.get(&secret(path)).await.expect(400);
        assert!(
            reply["message"].as_str().unwrap().contains(told),
            "{}",
            reply.text
        );
    }
    assert_eq!(
        server.delete(&secret("V?destroy&destroy")).await.code(400),
        "invalid"
    );
    assert_eq!(server.get(&secret("V")).await.expect(200)["value"], "one");
}

#[tokio::test]
async fn verbs_are_known_ones() {
    let server = TestServer::start().await;
    server.put(&secret("V"), &body("one")).await.expect(201);
    for (method, path) in [
        (Method::GET, "V:undelete"),
        (Method::GET, "V:Versions"),
        (Method::POST, "V"),
        (Method::POST, "V:versions"),
        (Method::POST, "V:"),
        (Method::PUT, "V:rotate"),
        (Method::DELETE, "V:destroy"),
        (Method::POST, "V:x:destroy"),
    ] {
        let reply = server
            .send(method.clone(), &server.admin, &secret(path), Some(&body("x")))
            .await;
        assert_eq!(reply.code(400), "invalid", "{method} {path}");
    }
}

#[tokio::test]
async fn only_generated_secrets_rotate() {
    let server = TestServer::start().await;
    server.put(&secret("V"), &body("one")).await.expect(201);
    assert_eq!(
        server.post(&secret("V:rotate"), &json!(null)).await.code(409),
        "conflict"
    );
}

#[tokio::test]
async fn a_value_that_no_env_file_carries_is_warned_of() {
    let server = TestServer::start().await;
    let put = server.put(&secret("V"), &body("it's")).await.expect(201);
    let warning = put["warnings"][0].as_str().unwrap();
    assert!(
        warning.contains("single quote") && warning.contains("coffer.dev/mode: exec"),
        "{warning}"
    );
    assert!(server.put(&secret("V"), &body("plain")).await.expect(200)["warnings"].is_null());
}

#[tokio::test]
async fn grants_reach_as_far_as_they_say() {
    let server = TestServer::start().await;
    for name in ["app/a", "other"] {
        server.put(&secret(name), &body("v")).await.expect(201);
    }
    let key = server
        .key_for(json!({"permissions": ["secrets:read"], "names": ["app/*"]}))
        .await;
    server.get_as(&key, &secret("app/a")).await.expect(200);
    let refused = server.get_as(&key, &secret("other")).await.expect(403);
    assert!(refused["message"].as_str().unwrap().contains("secrets:read"));
    assert_eq!(
        server
            .send(Method::PUT, &key, &secret("app/a"), Some(&body("w")))
            .await
            .code(403),
        "forbidden"
    );
    assert_eq!(
        server.get_as(&key, &secret("app/a:versions")).await.code(403),
        "forbidden"
    );
}

#[tokio::test]
async fn a_near_name_is_suggested() {
    let server = TestServer::start().await;
    server.put(&secret("DATABASE_URL"), &body("v")).await.expect(201);
    let reply = server.get(&secret("DATABSE_URL")).await.expect(404);
    assert!(
        reply["message"]
            .as_str()
            .unwrap()
            .ends_with("did you mean DATABASE_URL?"),
        "{}",
        reply.text
    );
}
