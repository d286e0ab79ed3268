//! The mechanics that all dialects share, seen through one of them: mounting, refusals, rate limits, addresses.

use coffer_api_server::http::{forwarded::TrustedProxies, rate::Rate, settings::DoorSettings};
use reqwest::{Method, RequestBuilder, StatusCode};

use crate::support::{Choices, Reply, TestServer};

async fn with(doors: DoorSettings) -> TestServer {
    TestServer::with(Choices {
        doors,
        ..Choices::default()
    })
    .await
}

fn rate(text: &str) -> DoorSettings {
    DoorSettings {
        rates: vec![text.parse().unwrap()],
        ..DoorSettings::default()
    }
    .with_failures(None)
}

fn at(server: &TestServer, path: &str) -> RequestBuilder {
    server.http.get(format!("http://{}{path}", server.address))
}

async fn of(request: RequestBuilder) -> Reply {
    Reply::of(request.send().await.unwrap()).await
}

fn code(reply: &Reply) -> &str {
    reply["error"]["code"].as_str().unwrap_or("")
}

#[tokio::test]
async fn a_dialect_is_mounted_below_its_name_and_its_aliases() {
    let server = TestServer::start().await;
    for path in [
        "/secryn/v1/health",
        "/secryn/api/v1/health",
        "/secryn/health",
        "/secryn/api/health",
        "/secryn/v1/health/",
    ] {
        let reply = of(at(&server, path)).await.expect(200);
        assert_eq!(reply.text, r#"{"status":"ok","version":"1.0.0"}"#, "{path}");
    }
    for path in [
        "/secryn",
        "/secryn/",
        "/secryn/v2/health",
        "/secryn/v1/nope",
        "/secryn/coffer/v1/whoami",
    ] {
        let reply = of(at(&server, path).bearer_auth(&server.admin)).await.expect(404);
        assert_eq!(code(&reply), "NOT_FOUND", "{path}");
    }
    let other = of(at(&server, "/secrynx/v1/health")).await.expect(404);
    assert_eq!(other["code"], "unknown_path", "not this dialect's");
}

#[tokio::test]
async fn a_host_belongs_to_its_dialect_as_a_whole() {
    let server = with(DoorSettings {
        hosts: vec!["api.secryn.test=secryn".parse().unwrap()],
        ..DoorSettings::default()
    })
    .await;
    for host in ["api.secryn.test", "API.secryn.test:8443"] {
        let on = |path: &str| at(&server, path).header("host", host).bearer_auth(&server.admin);
        of(on("/v1/health")).await.expect(200);
        of(on("/api/v1/endpoint")).await.expect(200);
        for path in ["/healthz", "/coffer/v1/whoami", "/secryn/v1/health", "/metrics"] {
            assert_eq!(code(&of(on(path)).await.expect(404)), "NOT_FOUND", "{path}");
        }
    }
    of(at(&server, "/healthz")).await.expect(200);
    of(at(&server, "/secryn/v1/health")).await.expect(200);
}

#[tokio::test]
async fn every_refusal_has_the_dialects_shape() {
    let server = TestServer::start().await;
    let url = format!("http://{}/secryn/v1/resources", server.address);
    let post = || server.http.post(&url).bearer_auth(&server.admin);
    let refusals = [
        (of(server.http.patch(&url)).await, 405, "METHOD_NOT_ALLOWED"),
        (of(server.http.get(&url)).await, 401, "UNAUTHORIZED"),
        (of(post().body("{")).await, 400, "INVALID_REQUEST"),
        (of(post().body("[]")).await, 400, "INVALID_REQUEST"),
        (
            of(post().body("x".repeat(2_000_000))).await,
            413,
            "PAYLOAD_TOO_LARGE",
        ),
        (
            of(post().header("content-encoding", "gzip").body("x")).await,
            400,
            "INVALID_REQUEST",
        ),
    ];
    for (reply, status, expected) in refusals {
        assert_eq!((reply.status, code(&reply)), (status, expected), "{}", reply.text);
        assert!(reply["error"]["details"].is_object() && reply["error"]["message"].is_string());
        assert!(reply.header("x-request-id").len() == 36, "{expected}");
    }
}

#[tokio::test]
async fn limits_are_counted_per_token_and_shown_on_every_answer() {
    let server = with(rate("secryn.default=3/1m")).await;
    let get = |token: &str| at(&server, "/secryn/v1/endpoint").bearer_auth(token);
    for left in ["2", "1", "0"] {
        let reply = of(get(&server.admin)).await.expect(200);
        assert_eq!(reply.header("x-ratelimit-limit"), "3");
        assert_eq!(reply.header("x-ratelimit-remaining"), left);
        assert_eq!(reply.header("x-ratelimit-reset"), "1780315260");
    }
    let refused = of(get(&server.admin)).await.expect(429);
    assert_eq!(code(&refused), "RATE_LIMITED");
    assert_eq!(refused.header("retry-after"), "60");
    assert_eq!(refused.header("x-ratelimit-remaining"), "0");
    let other = server.key(&["secrets:list"]).await;
    of(get(&other)).await.expect(200);
    assert_eq!(
        of(at(&server, "/secryn/v1/nope"))
            .await
            .expect(404)
            .header("x-ratelimit-limit"),
        "3"
    );
    server.get("/whoami").await.expect(200);
    server.clock.advance(jiff::SignedDuration::from_mins(1));
    of(get(&server.admin)).await.expect(200);
}

#[tokio::test]
async fn a_forwarded_address_counts_only_from_a_trusted_proxy() {
    let mut settings = rate("secryn.default=1/1m");
    let server = with(settings.clone()).await;
    let from = |server: &TestServer, client: &str| {
        of(at(server, "/secryn/v1/health").header("x-forwarded-for", client))
    };
    from(&server, "203.0.113.1").await.expect(200);
    from(&server, "203.0.113.2").await.expect(429);
    settings.proxies = TrustedProxies(vec!["127.0.0.0/8".parse().unwrap()]);
    let server = with(settings).await;
    from(&server, "203.0.113.1").await.expect(200);
    from(&server, "203.0.113.2").await.expect(200);
    from(&server, "6.6.6.6, 203.0.113.2").await.expect(429);
}

#[tokio::test]
async fn an_address_that_fails_too_often_waits_at_every_door() {
    let server = with(DoorSettings::default().with_failures(Some(Rate::a_minute(5)))).await;
    let native = async |token: &str| server.get_as(token, "/whoami").await;
    let dialect = async |token: &str| of(at(&server, "/secryn/v1/endpoint").bearer_auth(token)).await;
    native("coffer_guess").await.expect(401);
    native(&server.admin).await.expect(200);
    for _ in 0..2 {
        dialect("guess").await.expect(401);
        native("coffer_guess").await.expect(401);
    }
    let refused = native("coffer_another").await;
    assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0);
    assert_eq!(refused.code(429), "too_many_failures");
    let refused = dialect("another").await.expect(429);
    assert_eq!(code(&refused), "RATE_LIMITED");
    assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0);
    native(&server.admin).await.expect(200);
    dialect(&server.admin).await.expect(200);
    server.clock.advance(jiff::SignedDuration::from_mins(1));
    native("coffer_guess").await.expect(401);
}

#[tokio::test]
async fn the_dialects_document_is_served_as_it_is_committed() {
    let server = TestServer::start().await;
    let served = of(at(&server, "/secryn/openapi.json")).await.expect(200);
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let committed = std::fs::read_to_string(root.join("docs/openapi/secryn.json")).unwrap();
    assert_eq!(served.text, committed);
    let head = server.http.request(
        Method::HEAD,
        format!("http://{}/secryn/v1/health", server.address),
    );
    assert_eq!(head.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_request_under_an_idempotency_key_is_done_once() {
    let server = TestServer::start().await;
    let url = format!("http://{}/secryn/v1/api-keys", server.address);
    let post = |key: &str, name: &str| {
        let body = serde_json::json!({"name": name, "role": "read_only"});
        let request = server.http.post(&url).bearer_auth(&server.admin).json(&body);
        of(request.header("idempotency-key", key))
    };
    let first = post("one", "a").await.expect(200);
    let again = post("one", "a").await.expect(200);
    assert_eq!(again.text, first.text, "the token, shown once, too");
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.header("content-type"), "application/json");
    let other = post("one", "b").await.expect(400);
    assert_eq!(code(&other), "INVALID_REQUEST");
    assert_eq!(other["error"]["details"]["field"], "Idempotency-Key");
    assert_ne!(post("two", "a").await.expect(200).text, first.text);
    let refused = post("three", "").await.expect(400);
    assert_eq!(
        post("three", "").await.expect(400).text,
        refused.text,
        "a refusal is an answer too"
    );
    post(&"x".repeat(256), "a").await.expect(400);
    server.clock.advance(jiff::SignedDuration::from_hours(25));
    assert_ne!(
        post("one", "a").await.expect(200).text,
        first.text,
        "a day is over"
    );
}

#[tokio::test]
async fn many_at_once_under_one_key_are_one() {
    let server = TestServer::start().await;
    let url = format!("http://{}/secryn/v1/resources", server.address);
    let post = || {
        let request = server.http.post(&url).bearer_auth(&server.admin);
        of(request.header("idempotency-key", "k").body(r#"{"name":"r"}"#))
    };
    let answers = futures::future::join_all((0..8).map(|_| post())).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.status == 200 && answer.text == answers[0].text)
    );
    let listed = of(server.http.get(&url).bearer_auth(&server.admin)).await;
    assert_eq!(listed["pagination"]["total"], 1);
}
