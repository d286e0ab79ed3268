use clap::Parser;
use coffer_api_server::{config::Settings, http::settings::DoorSettings};
use reqwest::{Method, RequestBuilder};
use serde_json::json;

use super::{Agent, URI, agent, offering};
use crate::{
    support::{Choices, Reply, TestServer},
    v_secure::world::{key, made, text},
};

fn post(server: &TestServer) -> RequestBuilder {
    server
        .http
        .post(format!("http://{}/mcp", server.address))
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
}

async fn ping(request: RequestBuilder) -> Reply {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"}).to_string();
    Reply::of(request.body(body).send().await.unwrap()).await
}

#[tokio::test]
async fn nobody_comes_in_without_a_key_of_this_door() {
    let server = offering().await;
    let refused = ping(post(&server)).await.expect(401);
    assert_eq!(refused.header("www-authenticate"), "Bearer");
    for wrong in ["nonsense", "coffer_nonsense", "mcp_access_token_x"] {
        ping(post(&server).bearer_auth(wrong)).await.expect(401);
    }
    assert!(Agent::try_connect(&server, "vsec_live_unknown").await.is_none());
    let good = ping(post(&server).bearer_auth(&server.admin)).await.expect(200);
    assert!(good["error"].is_null() && good["id"] == 1, "{}", good.text);
}

#[tokio::test]
async fn a_key_without_the_scope_sees_and_asks_for_nothing() {
    let server = offering().await;
    let token = key(&server, &["secrets:read"], "live").await;
    let blind = Agent::connect(&server, &token).await;
    for (tool, given) in [
        ("list_secrets", json!({})),
        ("request_access", json!({"resource": URI, "reason": "r"})),
        (
            "read_secret",
            json!({"resource": "vsecure://secrets/public/BANNER"}),
        ),
        ("access_status", json!({"approvalId": "appr_x"})),
    ] {
        let why = blind.refused(tool, given).await;
        assert_eq!(why, "the API key may not do this", "{tool}");
    }
}

#[tokio::test]
async fn what_is_not_as_it_must_be_is_told_and_changes_nothing() {
    let server = offering().await;
    let (_, agent) = agent(&server).await;
    for given in [
        json!({}),
        json!({"resource": 1, "reason": "r"}),
        json!({"resource": URI, "reason": "r", "ttl": 59}),
        json!({"resource": URI, "reason": "r", "ttl": 86_401}),
        json!({"resource": "secret", "reason": "r"}),
    ] {
        agent.refused("request_access", given).await;
    }
    let pending = made(&server, Method::GET, "/mcp/approvals", json!({})).await;
    assert_eq!(pending["pagination"]["totalCount"], 0);
}

/// A page whose name was made to lead here has an origin, and asks for another host.
#[tokio::test]
async fn pages_and_other_names_do_not_lead_here() {
    let server = offering().await;
    let good = || post(&server).bearer_auth(&server.admin);
    for origin in ["http://evil.example", "null", "http://127.0.0.1"] {
        ping(good().header("origin", origin)).await.expect(403);
    }
    ping(good().header("host", "evil.example")).await.expect(403);
    ping(good().header("host", "localhost:1")).await.expect(200);
}

#[tokio::test]
async fn the_names_and_origins_that_are_said_lead_here() {
    let said = Settings::try_parse_from([
        "coffer-api-server",
        "--data",
        "d",
        "--mcp-origin",
        "https://app.example:443",
        "--mcp-host",
        "coffer.example",
    ]);
    let doors: DoorSettings = said.unwrap().doors.settings();
    let server = TestServer::with(Choices {
        doors,
        ..Choices::default()
    })
    .await;
    let good = || post(&server).bearer_auth(&server.admin);
    ping(good().header("origin", "https://app.example"))
        .await
        .expect(200);
    ping(good().header("origin", "https://other.example"))
        .await
        .expect(403);
    ping(good().header("host", "coffer.example")).await.expect(200);
    ping(good().header("host", "other.example")).await.expect(403);
}

#[tokio::test]
async fn bodies_and_methods_are_bounded() {
    let server = offering().await;
    let good = || post(&server).bearer_auth(&server.admin);
    let large = good().body(" ".repeat(1024 * 1024 + 1)).send().await.unwrap();
    assert_eq!(large.status(), 413);
    let url = format!("http://{}/mcp", server.address);
    for method in [Method::GET, Method::DELETE] {
        let request = server.http.request(method, &url).bearer_auth(&server.admin);
        assert_eq!(request.send().await.unwrap().status(), 405);
    }
    let deep = good().body("[".repeat(100_000)).send().await.unwrap();
    assert!(deep.status().is_client_error());
}

/// One count for both ways in, and both are told in the key's usage.
#[tokio::test]
async fn a_keys_own_rate_counts_here_and_in_its_other_door_together() {
    let server = offering().await;
    let body = json!({"name": "slow", "scopes": ["mcp:read"], "rateLimit": {"requests": 3, "period": "1h"}});
    let key = made(&server, Method::POST, "/api-keys", body).await;
    let (id, token) = (text(&key, "id"), text(&key, "apiKey"));
    let call = || post(&server).bearer_auth(&token);
    let first = ping(call()).await.expect(200);
    assert_eq!(first.header("x-ratelimit-remaining"), "2");
    let url = format!("http://{}/v-secure/v1/security/mcp/resources", server.address);
    let other = server.http.get(url).bearer_auth(&token).send().await.unwrap();
    assert_eq!(other.headers()["x-ratelimit-remaining"], "1");
    ping(call()).await.expect(200);
    let refused = ping(call()).await.expect(429);
    assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0);
    let path = format!("/api-keys/{id}/usage");
    let usage = made(&server, Method::GET, &path, json!({})).await;
    assert_eq!(
        (&usage["totalRequests"], &usage["rateLimitHits"]),
        (&json!(4), &json!(1))
    );
}
