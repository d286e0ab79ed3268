//! Access by approval through the Model Context Protocol at `/mcp`, asked for with the protocol's own client, over a
//! server whose clock is set by hand.

mod access;
mod agent;
mod way_in;

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    support::TestServer,
    v_secure::world::{made, text, unlimited},
};
use agent::Agent;

const CANARY: &str = "only-by-approval";
const URI: &str = "vsecure://secrets/production/DB";

/// A server with a secret that agents may ask for, and one that they need not ask for.
async fn offering() -> TestServer {
    let server = unlimited().await;
    for (name, tag) in [("DB", "production"), ("BANNER", "public"), ("OTHER", "hidden")] {
        let secret = json!({"name": name, "value": CANARY, "tags": [tag]});
        made(&server, Method::POST, "/secrets", secret).await;
    }
    for (tag, by_approval) in [("production", true), ("public", false)] {
        let resource = json!({
            "uri": format!("vsecure://secrets/{tag}/*"), "name": tag, "permissions": ["read"],
            "requiresApproval": by_approval,
        });
        made(&server, Method::POST, "/mcp/resources", resource).await;
    }
    server
}

/// A fresh key that may ask and nothing else: its id, and who speaks with it.
async fn agent(server: &TestServer) -> (String, Agent) {
    let body = json!({"name": "agent", "scopes": ["mcp:read"]});
    let key = made(server, Method::POST, "/api-keys", body).await;
    (
        text(&key, "id"),
        Agent::connect(server, &text(&key, "apiKey")).await,
    )
}

/// Asks for the secret for ten minutes: the request's id.
async fn ask(agent: &Agent) -> String {
    let ask = json!({"resource": URI, "reason": "to connect", "requestedBy": "agent", "ttl": 600});
    let asked = agent.done("request_access", ask).await;
    assert_eq!(asked["status"], "pending");
    asked["approvalId"].as_str().unwrap().to_owned()
}

/// A person approves: the token that they are given.
async fn approve(server: &TestServer, id: &str) -> String {
    let body = json!({"approvalId": id});
    text(
        &made(server, Method::POST, "/mcp/approve", body).await,
        "accessToken",
    )
}

/// What the tool takes to read the secret.
fn with(token: &str) -> Value {
    json!({"resource": URI, "accessToken": token})
}
