//! Route × scope × credential: every cell of every documented route.

use std::collections::BTreeSet;

use coffer_api_server::v_secure::{DIALECT, routes};
use reqwest::Method;
use serde_json::{Value, json};

use super::world::{BASE, SIX, World, key, unlimited};
use crate::support::Reply;

/// What each credential is answered: `y` success, `u` 401, `f` 403, `n` 404. In this order: none, one that is none, a
/// native administrator, the six scopes; `secrets:read`, `secrets:write`, `secrets:delete`, `apikeys:read`,
/// `apikeys:manage`, `mcp:read`, `mcp:approve`, `audit:read`, `audit:export`, `admin:*`; an administrator of another
/// account, the six scopes in the sandbox.
const EXPECTED: [(&str, &str); 46] = [
    ("GET /health", "yyyyyyyyyyyyyyyy"),
    ("GET /secrets", "uuyyyffffffffyyy"),
    ("POST /secrets", "uuyyfyfffffffyyy"),
    ("POST /secrets/batch/get", "uuyyyffffffffyyy"),
    ("POST /secrets/batch/upsert", "uuyyfyfffffffyyy"),
    ("POST /secrets/export", "uuyyyffffffffyyy"),
    ("POST /secrets/import", "uuyyfyfffffffyyy"),
    ("GET /secrets/{name}", "uuyyyffffffffynn"),
    ("PUT /secrets/{name}", "uuyyfyfffffffynn"),
    ("DELETE /secrets/{name}", "uuyyffyffffffynn"),
    ("GET /secrets/{name}/versions", "uuyyyffffffffynn"),
    ("POST /secrets/{name}/rollback", "uuyyfffffffffynn"),
    ("POST /secrets/{name}/rotate", "uuyyfyfffffffynn"),
    ("GET /api-keys", "uuyyfffyyffffyyy"),
    ("POST /api-keys", "uuyyffffyffffyyy"),
    ("GET /api-keys/{id}", "uuyyfffyyffffynn"),
    ("PUT /api-keys/{id}", "uuyyffffyffffynn"),
    ("DELETE /api-keys/{id}", "uuyyffffyffffynn"),
    ("POST /api-keys/{id}/rotate", "uuyyffffyffffynn"),
    ("GET /api-keys/{id}/usage", "uuyyfffyyffffynn"),
    ("GET /mcp/resources", "uuyyfffffyfffyyy"),
    ("POST /mcp/resources", "uuyyffffffyffyyy"),
    ("GET /mcp/resources/{uri}", "uuyyfffffyfffyff"),
    ("POST /mcp/approve", "uuyyfffffyfffyyy"),
    ("GET /mcp/approvals", "uuyyfffffyfffyyy"),
    ("GET /mcp/approvals/{id}", "uuyyfffffyfffynn"),
    ("POST /mcp/approvals/{id}/respond", "uuyyffffffyffynn"),
    ("GET /mcp/audit", "uuyyfffffyfffyyy"),
    ("GET /audit-logs", "uuyyfffffffyfyyy"),
    ("GET /audit-logs/{id}", "uuyyfffffffyfynn"),
    ("POST /audit-logs/{id}/verify", "uuyyfffffffyfynn"),
    ("POST /audit-logs/export", "uuyyfffffffyyyyy"),
    ("GET /audit-logs/exports/{export}", "uuyyfffffffyyynn"),
    ("GET /audit-logs/exports/{export}/download", "uuyyfffffffyyynn"),
    ("GET /audit-logs/stream", "uuyyfffffffyfyyy"),
    ("POST /audit-logs/reports", "uuyyfffffffyyyyy"),
    ("GET /audit-logs/reports/{report}", "uuyyfffffffyyynn"),
    ("PUT /audit-logs/retention", "uuyffffffffffyyf"),
    ("POST /audit-logs/integrations", "uuyffffffffffyyf"),
    ("GET /webhooks", "uuyyffffyffffyyy"),
    ("POST /webhooks", "uuyyffffyffffyyy"),
    ("GET /webhooks/{id}", "uuyyffffyffffynn"),
    ("PUT /webhooks/{id}", "uuyyffffyffffynn"),
    ("DELETE /webhooks/{id}", "uuyyffffyffffynn"),
    // Literal parts stand in the place of a name or an id.
    ("GET /secrets/export", "uunnnffffffffnnn"),
    ("GET /audit-logs/retention", "uunnfffffffnfnnn"),
];

/// The rows of routes that the document has by their template.
fn documented() -> BTreeSet<String> {
    let document: Value = serde_json::from_str(&DIALECT.openapi.unwrap()()).unwrap();
    let mut routes = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path.strip_prefix("/v1/security").unwrap();
        for method in item.as_object().unwrap().keys() {
            routes.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    routes
}

#[test]
fn every_route_has_its_row_and_every_row_its_route() {
    let rows: BTreeSet<String> = EXPECTED[..44].iter().map(|(row, _)| (*row).to_owned()).collect();
    assert_eq!(rows, documented());
    for template in routes::templates() {
        let shown = template.replace("{*uri}", "{uri}");
        let shown = shown.strip_prefix("/v1/security").unwrap();
        assert!(
            rows.iter().any(|row| row.ends_with(&format!(" {shown}"))),
            "{shown}"
        );
    }
}

/// A good body for every route that takes one.
fn body(row: &str, number: usize) -> Value {
    let name = format!("N{number}");
    match row {
        "POST /secrets" => json!({"name": name, "value": "x"}),
        "POST /secrets/batch/get" => json!({"names": ["S"]}),
        "POST /secrets/batch/upsert" => json!({"secrets": [{"name": name, "value": "x"}]}),
        "POST /secrets/export" => json!({"encrypt": false}),
        "POST /secrets/import" => json!({"data": "[]"}),
        "PUT /secrets/{name}" => json!({"tags": ["open", name]}),
        "POST /secrets/{name}/rollback" => json!({"version": 1}),
        "POST /api-keys" => json!({"name": name, "scopes": ["apikeys:read"]}),
        "PUT /api-keys/{id}" => json!({"name": name}),
        "POST /mcp/resources" => {
            json!({"uri": format!("vsecure://custom/a/{name}"), "name": name, "permissions": ["read"]})
        }
        "POST /mcp/approve" => json!({"resource": "vsecure://secrets/closed/X", "operation": "read"}),
        "POST /mcp/approvals/{id}/respond" => json!({"action": "deny"}),
        "POST /audit-logs/export" => json!({"format": "csv"}),
        "POST /audit-logs/reports" => {
            json!({"type": "gdpr", "period": {"start": "2026-01-01", "end": "2026-01-31"}})
        }
        "PUT /audit-logs/retention" => json!({"defaultRetention": "10y"}),
        "POST /audit-logs/integrations" => {
            json!({"type": "splunk", "config": {"endpoint": "https://example.com/", "token": "t"}})
        }
        "POST /webhooks" => json!({"url": "https://example.com/", "events": ["*"]}),
        "PUT /webhooks/{id}" => json!({"active": false}),
        _ => json!({}),
    }
}

#[tokio::test]
async fn every_credential_is_answered_as_the_table_says() {
    let server = unlimited().await;
    let mut tokens: Vec<Option<String>> = vec![
        None,
        Some("vsec_live_guess".to_owned()),
        Some(server.admin.clone()),
        Some(key(&server, &SIX, "live").await),
    ];
    for scope in [
        "secrets:read",
        "secrets:write",
        "secrets:delete",
        "apikeys:read",
        "apikeys:manage",
        "mcp:read",
        "mcp:approve",
        "audit:read",
        "audit:export",
        "admin:*",
    ] {
        tokens.push(Some(key(&server, &[scope], "live").await));
    }
    tokens.push(Some(server.stranger().await));
    tokens.push(Some(key(&server, &SIX, "test").await));
    let mut world = World::make(&server).await;
    let mut cells = 0;
    for (row, answers) in EXPECTED {
        let (method, template) = row.split_once(' ').unwrap();
        let method: Method = method.parse().unwrap();
        assert_eq!(answers.len(), tokens.len(), "{row}");
        for (column, answer) in answers.chars().enumerate() {
            cells += 1;
            let path = world.concrete(&template.replacen('/', "/v1/security/", 1));
            let body = (method != Method::GET).then(|| body(row, cells));
            let token = tokens[column].as_deref();
            let reply = server.at_door(method.clone(), token, &path, body.as_ref()).await;
            check(row, column, answer, &reply);
            if method != Method::GET && answer == 'y' && template.contains('{') {
                world = World::make(&server).await;
            }
        }
    }
    assert_eq!(cells, EXPECTED.len() * tokens.len());
    assert!(
        World::make(&server)
            .await
            .concrete("/v1/security/webhooks/{id}")
            .starts_with(BASE)
    );
}

fn check(row: &str, column: usize, answer: char, reply: &Reply) {
    let (good, code) = match answer {
        'y' => ((200..300).contains(&reply.status), None),
        'u' => (reply.status == 401, Some("AUTHENTICATION_REQUIRED")),
        'f' => (reply.status == 403, Some("PERMISSION_DENIED")),
        _ => (reply.status == 404, Some("RESOURCE_NOT_FOUND")),
    };
    let said = format!("{row}, column {column}: {} {}", reply.status, reply.text);
    assert!(good, "{said}");
    if let Some(code) = code {
        assert_eq!(reply["error"]["code"], code, "{said}");
        assert!(!reply.text.contains("value-of-s"), "{said}");
    }
}
