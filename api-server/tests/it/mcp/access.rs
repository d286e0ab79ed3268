use jiff::SignedDuration;
use reqwest::Method;
use serde_json::json;

use super::{Agent, CANARY, URI, agent, approve, ask, offering, with};
use crate::{
    support::TestServer,
    v_secure::world::{BASE, made},
};

#[tokio::test]
async fn an_agent_lists_asks_and_reads_what_was_approved() {
    let server = offering().await;
    let (_, agent) = agent(&server).await;
    let (tools, resources) = agent.sees().await;
    let expected = ["list_secrets", "request_access", "access_status", "read_secret"];
    assert_eq!(tools, expected);
    let expected = [("vsecure://secrets/public/BANNER", "BANNER"), (URI, "DB")];
    assert_eq!(
        resources,
        expected.map(|(uri, name)| (uri.to_owned(), name.to_owned()))
    );
    let listed = agent.done("list_secrets", json!({})).await;
    assert!(!listed.to_string().contains(CANARY));
    let needs = |name: &str| {
        let all = listed["secrets"].as_array().unwrap();
        all.iter().find(|it| it["name"] == name).unwrap()["requiresApproval"].clone()
    };
    assert_eq!((needs("DB"), needs("BANNER")), (json!(true), json!(false)));

    let id = ask(&agent).await;
    let seen = made(&server, Method::GET, "/mcp/approvals?status=pending", json!({})).await;
    assert_eq!(seen["data"][0]["approvalId"], *id);
    assert_eq!(seen["data"][0]["requestedBy"], "agent");
    agent.refused("read_secret", json!({"resource": URI})).await;
    let token = approve(&server, &id).await;
    let now = agent.done("access_status", json!({"approvalId": id})).await;
    assert_eq!(now["status"], "approved");
    let read = agent.done("read_secret", with(&token)).await;
    assert_eq!((&read["value"], &read["version"]), (&json!(CANARY), &json!(1)));
    agent.refused("read_secret", json!({"resource": URI})).await;
    let elsewhere = json!({"resource": "vsecure://secrets/hidden/OTHER", "accessToken": token});
    agent.refused("read_secret", elsewhere).await;
    told(&server, &id).await;
}

/// Who did what is in both logs, this door's name in the chain's.
async fn told(server: &TestServer, id: &str) {
    let logs = made(server, Method::GET, "/mcp/audit?limit=100", json!({})).await;
    let of_it = |it: &&serde_json::Value| it["approvalId"] == *id && it["resource"] == URI;
    assert!(logs["logs"].as_array().unwrap().iter().filter(of_it).count() >= 3);
    let chain = server
        .get("/organizations/acme/audit?limit=1000")
        .await
        .expect(200);
    let records = chain["items"].as_array().unwrap();
    let has = |action: &str, outcome: &str| {
        let mut all = records.iter().map(|it| &it["event"]);
        all.any(|it| it["door"] == "mcp" && it["action"] == action && it["outcome"] == outcome)
    };
    assert!(has("approval.request", "allowed"), "{}", chain.text);
    assert!(has("approval.use", "denied") && has("approval.use", "allowed"));
    assert!(has("secret.read", "allowed"));
}

#[tokio::test]
async fn what_needs_no_approval_is_read_at_once_and_nothing_else() {
    let server = offering().await;
    let (_, agent) = agent(&server).await;
    let banner = "vsecure://secrets/public/BANNER";
    assert_eq!(agent.resource(banner).await.unwrap(), CANARY);
    let read = agent.done("read_secret", json!({"resource": banner})).await;
    assert_eq!(read["value"], CANARY);
    let refused = agent.resource(URI).await.unwrap_err();
    assert!(refused.contains("request_access"), "{refused}");
    for unknown in ["vsecure://secrets/public/NOPE", "https://example.com/", ""] {
        agent.resource(unknown).await.unwrap_err();
        agent.refused("read_secret", json!({"resource": unknown})).await;
    }
}

#[tokio::test]
async fn what_was_denied_stays_closed() {
    let server = offering().await;
    let (_, agent) = agent(&server).await;
    let id = ask(&agent).await;
    let deny = json!({"approvalId": id, "action": "deny", "reason": "no"});
    let denied = made(&server, Method::POST, "/mcp/approve", deny).await;
    assert!(denied["accessToken"].is_null());
    let now = agent.done("access_status", json!({"approvalId": id})).await;
    assert_eq!(now["status"], "denied");
    let guess = format!("mcp_access_token_{}", "0".repeat(43));
    agent.refused("read_secret", with(&guess)).await;
    agent.refused("read_secret", with("")).await;
}

#[tokio::test]
async fn access_ends_with_its_time() {
    let server = offering().await;
    let (_, agent) = agent(&server).await;
    let id = ask(&agent).await;
    let token = approve(&server, &id).await;
    server.clock.advance(SignedDuration::from_secs(599));
    agent.done("read_secret", with(&token)).await;
    server.clock.advance(SignedDuration::from_secs(1));
    agent.refused("read_secret", with(&token)).await;
    let now = agent.done("access_status", json!({"approvalId": id})).await;
    assert_eq!(now["status"], "expired");
}

#[tokio::test]
async fn a_revoked_key_ends_the_session_and_its_access() {
    let server = offering().await;
    let (key, agent) = agent(&server).await;
    let token = approve(&server, &ask(&agent).await).await;
    agent.done("read_secret", with(&token)).await;
    made(&server, Method::DELETE, &format!("/api-keys/{key}"), json!({})).await;
    assert!(!agent.is_heard().await);
    let path = format!(
        "{BASE}/mcp/resources/{}",
        URI.replace(':', "%3A").replace('/', "%2F")
    );
    let alone = server.at_door(Method::GET, Some(&token), &path, None).await;
    assert!(
        alone.status == 401 && !alone.text.contains(CANARY),
        "{}",
        alone.text
    );
}

#[tokio::test]
async fn a_token_is_good_for_the_agent_that_asked_and_its_tenant() {
    let server = offering().await;
    let (_, mine) = agent(&server).await;
    let (_, other) = agent(&server).await;
    let foreign = Agent::connect(&server, &server.stranger().await).await;
    let id = ask(&mine).await;
    let token = approve(&server, &id).await;
    other.refused("read_secret", with(&token)).await;
    foreign.refused("read_secret", with(&token)).await;
    let status = json!({"approvalId": id});
    other.refused("access_status", status.clone()).await;
    foreign.refused("access_status", status).await;
    assert_eq!(foreign.sees().await.1, []);
    let taken = foreign.resource("vsecure://secrets/public/BANNER").await;
    assert!(taken.is_err());
    mine.done("read_secret", with(&token)).await;
}
