//! Requests that no honest client sends. None of them is a 500, none reaches a thing by a second name, and none
//! has its content repeated.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ORG, Reply, TestServer, body, secret};

fn target(vault: &str, name: &str) -> String {
    format!("/coffer/v1/organizations/{ORG}/vaults/{vault}/environments/default/secrets/{name}")
}

/// What someone may hope to be read as `V`, or as a way out of its environment.
const SECOND_NAMES: [&str; 33] = [
    "../secrets/V",
    "..%2fV",
    "%2e%2e/V",
    "%2e%2e%2fV",
    ".",
    "%2e",
    "x/../V",
    "x/%2e%2e/V",
    "V/",
    "/V",
    "%2fV",
    "V%2f",
    "x//V",
    "%5cV",
    "..%5cV",
    "V%00",
    "V%00.x",
    "%00",
    "%252e%252e",
    "V%2500",
    "%c0%ae%c0%ae/V",
    "%c0%af",
    "%ff",
    "%e0%80%af",
    "V;x=1",
    "V%3bx",
    "V%0d%0aX:1",
    "V%20",
    "%20V",
    "%ef%bc%b6",
    "V%",
    "V%z1",
    "V%2",
];

#[tokio::test]
async fn paths_have_one_reading() {
    let server = TestServer::start().await;
    server.put(&secret("V"), &body("v")).await.expect(201);
    for name in SECOND_NAMES {
        let (status, text) = server.raw_target("GET", &target("default", name)).await;
        assert!(status == 400 || status == 404, "{name}: {status} {text}");
        let body: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{name}: {text}"));
        assert!(
            body["code"].is_string() && body["message"].is_string(),
            "{name}: {text}"
        );
        assert!(!text.contains("\"value\""), "{name}");
    }
    for vault in [
        "%2e%2e",
        "..",
        "default%2f..%2fdefault",
        "%64efault%00",
        "default%5c",
        "default;x",
        "default%20",
    ] {
        let (status, text) = server.raw_target("GET", &target(vault, "V")).await;
        assert!(status == 400 || status == 404, "{vault}: {status} {text}");
    }
    assert_eq!(
        server.raw_target("GET", &target("%64efault", "%56")).await.0,
        200,
        "plain encoding is the same name"
    );
}

#[tokio::test]
async fn raw_backslashes_and_absolute_forms_reach_nothing_else() {
    let server = TestServer::start().await;
    server.put(&secret("V"), &body("v")).await.expect(201);
    for wrong in [
        "/coffer/v1\\whoami",
        "/coffer/v1/organizations/acme\\..\\other/vaults",
        "*",
        "coffer/v1/whoami",
    ] {
        let (status, _) = server.raw_target("GET", wrong).await;
        assert!((400..500).contains(&status), "{wrong}: {status}");
    }
    let absolute = format!("http://evil.example{}", target("default", "V"));
    assert_eq!(
        server.raw_target("GET", &absolute).await.0,
        200,
        "the path counts, not the authority"
    );
}

#[tokio::test]
async fn unknown_paths_and_methods_have_the_same_shape() {
    let server = TestServer::start().await;
    for path in [
        "/",
        "/coffer",
        "/coffer/v1",
        "/coffer/v2/whoami",
        "/coffer/v1/whoami/",
        "/coffer/v1/organizations",
    ] {
        let reply = Reply::of(
            server
                .http
                .get(format!("http://{}{path}", server.address))
                .send()
                .await
                .unwrap(),
        )
        .await;
        assert_eq!(reply.code(404), "unknown_path", "{path}");
    }
    let reply = server.delete("/whoami").await;
    assert_eq!(reply.header("allow"), "GET,HEAD");
    assert_eq!(reply.code(405), "wrong_method");
}

#[tokio::test]
async fn malformed_bodies_are_refused_without_being_repeated() {
    let server = TestServer::start().await;
    for text in [
        "",
        "{",
        "[]",
        "null",
        "\"CANARY\"",
        "{\"value\":CANARY}",
        "{\"value\":\"CANARY\"",
        "{\"value\":\"CANARY\",}",
        "{\"value\":{\"CANARY\":1}}",
        "{\"value\":[\"CANARY\"]}",
        "{\"value\":null}",
        "{\"value\":5}",
        "{\"value\":\"a\",\"value\":\"CANARY\"}",
        "{\"CANARY with spaces\":\"a\"}",
        "{\"value\":\"a\"} CANARY",
        "{\"valueBase64\":\"CANARY!\"}",
        "{\"value\":\"CANARY\",\"valueBase64\":\"Q0FOQVJZ\"}",
        "{\"value\":\"\\uD800CANARY\"}",
        "value=CANARY",
        "\u{feff}{\"value\":\"CANARY\"}",
    ] {
        let request = server
            .request(Method::PUT, Some(&server.admin), &secret("V"))
            .body(text);
        let reply = Reply::of(request.send().await.unwrap()).await.expect(400);
        assert!(
            !reply.text.contains("CANARY") && reply["code"] == "invalid",
            "{text}: {}",
            reply.text
        );
    }
    let request = server.request(Method::PUT, Some(&server.admin), &secret("V"));
    let reply = Reply::of(request.body(vec![b'{', 0xff, 0xfe, b'}']).send().await.unwrap()).await;
    assert_eq!(reply.code(400), "invalid");
    assert_eq!(server.get(&secret("V")).await.code(404), "not_found");
}

#[tokio::test]
async fn deep_and_wide_json_is_refused_quickly() {
    let server = TestServer::start().await;
    let wide = (0..50_000)
        .map(|at| format!("\"k{at}\":1,"))
        .collect::<Vec<_>>()
        .concat();
    for text in [
        "[".repeat(100_000),
        "{\"a\":".repeat(100_000),
        format!("{{{wide}\"value\":\"v\"}}"),
        "[[],".repeat(90_000),
    ] {
        let request = server
            .request(Method::PUT, Some(&server.admin), &secret("V"))
            .body(text);
        assert_eq!(
            Reply::of(request.send().await.unwrap()).await.code(400),
            "invalid"
        );
    }
}

#[tokio::test]
async fn compressed_bodies_are_refused() {
    let server = TestServer::start().await;
    let request = server
        .request(Method::PUT, Some(&server.admin), &secret("V"))
        .header("content-encoding", "gzip");
    assert_eq!(
        Reply::of(request.body("x").send().await.unwrap()).await.code(415),
        "encoded_body"
    );
}

#[tokio::test]
async fn a_body_that_says_it_is_huge_is_refused_before_it_comes() {
    let server = TestServer::start().await;
    let head = format!(
        "PUT {} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-length: 99999999999\r\n\r\n",
        target("default", "V"),
        server.admin
    );
    let answer = server.raw(head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test]
async fn heads_are_bounded() {
    let server = TestServer::start().await;
    let long = "x".repeat(64 * 1024);
    let many = (0..200)
        .map(|at| format!("x-{at}: 1\r\n"))
        .collect::<Vec<_>>()
        .concat();
    for head in [
        format!("GET /coffer/v1/{long} HTTP/1.1\r\nhost: x\r\n\r\n"),
        format!("GET /healthz HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {long}\r\n\r\n"),
        format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{many}\r\n"),
    ] {
        let answer = server.raw(head.as_bytes()).await;
        let status: u16 = answer.split(' ').nth(1).unwrap_or("0").parse().unwrap_or(0);
        assert!(matches!(status, 0 | 400 | 414 | 431), "{status}");
    }
    server.get("/whoami").await.expect(200);
}

#[tokio::test]
async fn ambiguous_framing_is_refused() {
    let server = TestServer::start().await;
    let path = target("default", "V");
    for framing in [
        "content-length: 5\r\ncontent-length: 6\r\n",
        "content-length: 5, 6\r\n",
        "content-length: -1\r\n",
        "content-length: +5\r\n",
        "transfer-encoding: gzip, identity\r\n",
        "transfer-encoding: chunked, gzip\r\n",
    ] {
        let head = format!(
            "PUT {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n{framing}connection: close\r\n\r\n{{}}xxx",
            server.admin
        );
        let answer = server.raw(head.as_bytes()).await;
        let status: u16 = answer.split(' ').nth(1).unwrap_or("0").parse().unwrap_or(0);
        assert!(matches!(status, 0 | 400), "{framing:?}: {answer}");
    }
}

#[tokio::test]
async fn garbage_ends_its_connection_and_nothing_else() {
    let server = TestServer::start().await;
    for garbage in [
        &b"\x16\x03\x01\x02\x00\x01"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\0\0\0\0",
        b"GET\r\n\r\n",
        &[0xff; 300],
    ] {
        let _ = server.raw(garbage).await;
    }
    server.get("/whoami").await.expect(200);
}

#[tokio::test]
async fn credentials_come_in_one_form() {
    let server = TestServer::start().await;
    let admin = server.admin.clone();
    let mistyped = format!("{}x", &admin[..admin.len() - 1]);
    for value in [
        String::new(),
        "Bearer".into(),
        "Bearer ".into(),
        format!("Basic {admin}"),
        admin.clone(),
        format!("Bearer {mistyped}"),
        format!("Bearer {admin} "),
        format!("Bearer {admin}x"),
        format!("Bearer {admin} x"),
        "Bearer null".into(),
        "Bearer ..".into(),
        format!("Token {admin}"),
        format!("Bearer {}", admin.to_uppercase()),
    ] {
        let request = server
            .request(Method::GET, None, "/whoami")
            .header("authorization", value.as_str());
        let status = request.send().await.unwrap().status().as_u16();
        // A trailing space is no part of a header's value (RFC 9110, section 5.5).
        let expected = if value == format!("Bearer {admin} ") {
            200
        } else {
            401
        };
        assert_eq!(status, expected, "{value:?}");
    }
    let twice = server
        .request(Method::GET, Some(&admin), "/whoami")
        .header("authorization", format!("Bearer {admin}"));
    assert_eq!(twice.send().await.unwrap().status(), 401);
    let query = server.request(
        Method::GET,
        None,
        &format!("/whoami?access_token={admin}&token={admin}"),
    );
    assert_eq!(query.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn request_ids_are_ours() {
    let server = TestServer::start().await;
    let of = async |given: &str| {
        let request = server
            .request(Method::GET, Some(&server.admin), "/whoami")
            .header("x-request-id", given);
        Reply::of(request.send().await.unwrap())
            .await
            .header("x-request-id")
            .to_owned()
    };
    let made = of("evil").await;
    assert_eq!(made.len(), 36);
    assert_eq!(of(&made).await, made);
    assert_ne!(
        of("11111111-1111-4111-8111-111111111111").await,
        "11111111-1111-4111-8111-111111111111"
    );
}

#[tokio::test]
async fn strange_texts_in_fields_are_answers_not_accidents() {
    let server = TestServer::start().await;
    for text in [
        "\u{0}",
        "\u{1b}[31m",
        "a\r\nb",
        "' OR 1=1 --",
        "${jndi:x}",
        "{{7*7}}",
        "\u{202e}x",
        "../..",
        "%2e%2e",
        "💥",
    ] {
        for (path, body) in [
            ("/organizations/acme/vaults".to_owned(), json!({"name": text})),
            (
                "/organizations/acme/vaults".to_owned(),
                json!({"name": "x", "environments": [text]}),
            ),
            (
                "/organizations/acme/api-keys".to_owned(),
                json!({"name": "n", "grants": [{"permissions": [text]}]}),
            ),
        ] {
            assert_eq!(
                server.post(&path, &body).await.code(400),
                "invalid",
                "{text:?} {path}"
            );
        }
    }
}
