//! v-secure's part, in production and sandbox, with one of each thing. Exports and reports are asked for with bodies that
//! will not do: each that is made goes through the whole log, which is what the acceptance tests are for.

use coffer_api_server::v_secure::DIALECT;
use serde_json::{Value, json};

use super::{Door, ask, line::Answered};
use crate::v_secure::world::{SIX, World, key, unlimited};

const FIELDS: [&str; 20] = [
    "name",
    "value",
    "tags",
    "metadata",
    "expiresIn",
    "expiresAt",
    "rotationPolicy",
    "version",
    "names",
    "secrets",
    "scopes",
    "rateLimit",
    "ipWhitelist",
    "uri",
    "resource",
    "operation",
    "approvalId",
    "action",
    "url",
    "events",
];

const VALUES: [&str; 16] = [
    "S",
    "90d",
    "1s",
    "2999-01-01",
    "secrets:read",
    "admin:*",
    "vsecure://secrets/open/S",
    "vsecure://secrets/closed/*",
    "vsecure://",
    "read",
    "approve",
    "deny",
    "secret.created",
    "https://example.com/",
    "10.0.0.0/8",
    "json",
];

const QUERIES: [&str; 10] = [
    "?tags=open,closed&tags=x&search=S&includeExpired=true",
    "?limit=1&cursor=eyJpZCI6IjEyMyJ9",
    "?limit=1000000&cursor=!",
    "?version=1&includeMetadata=false",
    "?version=18446744073709551615",
    "?since=24h&until=2999-01-01&resource=secrets&action=accessed",
    "?result=failure&actor=key_x&name=S",
    "?status=active",
    "?status=pending&resource=vsecure://secrets/closed/X",
    "?since=9999999999999999999y",
];

/// What would do, and mostly is there already: the world stays small.
fn body(method: &str, path: &str) -> Option<Value> {
    let path = path.strip_prefix("/v1/security").unwrap_or(path);
    (method == "POST" || method == "PUT").then(|| match path {
        "/secrets/batch/get" => json!({"names": ["S"]}),
        "/secrets/batch/upsert" => json!({"secrets": [{"name": "S", "value": "x"}]}),
        "/secrets/export" => json!({"encrypt": false}),
        "/secrets/import" => json!({"data": "[]"}),
        "/secrets/{name}/rollback" => json!({"version": 1}),
        "/secrets/{name}/rotate" => json!({}),
        "/api-keys" => json!({"name": "k", "scopes": ["apikeys:read"], "expiresIn": "1d"}),
        "/api-keys/{id}" => json!({"name": "k"}),
        "/api-keys/{id}/rotate" => json!({"transitionPeriod": "never"}),
        "/mcp/resources" => json!({"uri": "vsecure://custom/a/b", "name": "b", "permissions": ["read"]}),
        "/mcp/approve" => json!({"resource": "vsecure://secrets/closed/X", "operation": "read"}),
        "/mcp/approvals/{id}/respond" => json!({"action": "deny"}),
        "/audit-logs/export" => json!({"format": "parquet"}),
        "/audit-logs/reports" => json!({"type": "soc2"}),
        "/audit-logs/retention" => json!({"defaultRetention": "10y"}),
        "/audit-logs/integrations" => json!({"type": "none", "config": {"endpoint": "https://example.com/"}}),
        "/webhooks" => json!({"url": "nowhere", "events": ["*"]}),
        "/webhooks/{id}" => json!({"active": false}),
        _ => json!({"name": "S", "value": "x", "tags": ["open"]}),
    })
}

fn is_refusal(answer: &Answered) -> bool {
    let failure = &answer.json()["error"];
    failure["code"].is_string() && failure["message"].is_string() && failure["details"].is_object()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v_secure_answers_twenty_thousand_generated_requests_as_documented() {
    let server = unlimited().await;
    let world = World::make(&server).await;
    // A body of another kind is refused whole: what is in it is looked at only so.
    let typed = |line: String| format!("{line}\r\ncontent-type: application/json");
    let bearer = |token: &str| typed(format!("authorization: Bearer {token}"));
    let mut credentials = vec![bearer(&server.admin); 12];
    credentials.push(bearer(&key(&server, &SIX, "live").await));
    credentials.push(bearer(&key(&server, &SIX, "test").await));
    credentials.extend([
        bearer(&key(&server, &["secrets:read"], "live").await),
        typed(format!(
            "x-api-key: {}",
            key(&server, &["mcp:read"], "live").await
        )),
        format!("authorization: Bearer {}", server.admin),
        bearer("vsec_live_guess"),
        bearer("mcp_access_token_guess"),
        String::new(),
    ]);
    // Nothing is deleted: there would be nothing left to ask for.
    let concrete = move |method: &str, path: &str| (method != "DELETE").then(|| world.own(path));
    let door = Door {
        dialect: &DIALECT,
        mounts: &["/v-secure"],
        credentials,
        concrete: Box::new(concrete),
        fields: &FIELDS,
        values: &VALUES,
        queries: &QUERIES,
        body,
        is_refusal,
        reached: &[200, 201, 400, 401, 403, 404],
    };
    ask(&server, door).await;
}
