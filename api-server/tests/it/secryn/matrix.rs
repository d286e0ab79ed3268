//! Route × role × credential: every cell of every documented route.

use std::collections::{BTreeMap, BTreeSet};

use coffer_api_server::secryn::{DIALECT, routes};
use reqwest::Method;
use serde_json::{Value, json};

use super::world::{World, role, send, text, unlimited};
use crate::support::{Reply, TestServer};

/// What each credential is answered: `y` 200, `u` 401, `f` 403, `n` 404. In this order: none, one that is none,
/// administrator, project manager, contributor, read only; access key of the vault, of another vault, token of the
/// key, of the certificate; administrator of another account.
const EXPECTED: [(&str, &str); 47] = [
    ("GET /v1/health", "yyyyyyyyyyy"),
    ("GET /v1/endpoint", "uuyyyyyyyyy"),
    ("GET /v1/resources", "uuyyyyffffy"),
    ("POST /v1/resources", "uuyyyfffffy"),
    ("GET /v1/resources/{id}", "uuyyyyffffn"),
    ("PUT /v1/resources/{id}", "uuyyyfffffn"),
    ("DELETE /v1/resources/{id}", "uuyyyfffffn"),
    ("GET /v1/projects", "uuyyyyffffy"),
    ("POST /v1/projects", "uuyfffffffy"),
    ("GET /v1/projects/{id}", "uuynnnffffn"),
    ("PUT /v1/projects/{id}", "uuynnnffffn"),
    ("DELETE /v1/projects/{id}", "uufnnnffffn"),
    ("GET /v1/vaults", "uuyyyyffffy"),
    ("POST /v1/vaults", "uuyyffffffy"),
    ("GET /v1/vaults/{id}", "uuyyyyyfffn"),
    ("PUT /v1/vaults/{id}", "uuyyffffffn"),
    ("DELETE /v1/vaults/{id}", "uuyyffffffn"),
    ("GET /v1/vaults/{id}/secrets", "uuyyyyyfffn"),
    ("POST /v1/vaults/{id}/secrets", "uuyyyfffffn"),
    ("GET /v1/vaults/{id}/secrets/{name}", "uuyyyyyfffn"),
    ("PUT /v1/vaults/{id}/secrets/{name}", "uuyyyfffffn"),
    ("DELETE /v1/vaults/{id}/secrets/{name}", "uuyyyfffffn"),
    ("GET /v1/vaults/{id}/secrets/{name}/versions", "uuyyyyyfffn"),
    (
        "POST /v1/vaults/{id}/secrets/{name}/versions/{n}/restore",
        "uuyyyfffffn",
    ),
    ("GET /v1/vaults/{id}/keys", "uuyyyyyfffn"),
    ("POST /v1/vaults/{id}/keys", "uuyyyfffffn"),
    ("GET /v1/vaults/{id}/keys/{item}", "uuyyyyyfffn"),
    ("PUT /v1/vaults/{id}/keys/{item}", "uuyyyfffffn"),
    ("DELETE /v1/vaults/{id}/keys/{item}", "uuyyyfffffn"),
    ("GET /v1/vaults/{id}/keys/{item}/download", "uuyyyfyfffn"),
    ("GET /v1/keys/{id}", "uuyyyfyfyfn"),
    ("GET /v1/vaults/{id}/certificates", "uuyyyyyfffn"),
    ("POST /v1/vaults/{id}/certificates", "uuyyyfffffn"),
    ("GET /v1/vaults/{id}/certificates/{item}", "uuyyyyyfffn"),
    ("PUT /v1/vaults/{id}/certificates/{item}", "uuyyyfffffn"),
    ("DELETE /v1/vaults/{id}/certificates/{item}", "uuyyyfffffn"),
    ("GET /v1/vaults/{id}/certificates/{item}/download", "uuyyyfyfffn"),
    ("GET /v1/certificates/{id}", "uuyyyfyffyn"),
    ("GET /v1/webhooks", "uuyyffffffy"),
    ("POST /v1/webhooks", "uuyyffffffy"),
    ("GET /v1/webhooks/{id}", "uuyyffffffn"),
    ("PUT /v1/webhooks/{id}", "uuyyffffffn"),
    ("DELETE /v1/webhooks/{id}", "uuyyffffffn"),
    ("GET /v1/vaults/{id}/access-keys", "uuyyffffffn"),
    ("POST /v1/vaults/{id}/access-keys", "uuyyffffffn"),
    ("DELETE /v1/vaults/{id}/access-keys/{item}", "uuyyffffffn"),
    ("GET /v1/api-keys", "uuyfffffffy"),
];
/// The rest, so that each table stays readable.
const MORE: [(&str, &str); 4] = [
    ("POST /v1/api-keys", "uuyfffffffy"),
    ("DELETE /v1/api-keys/{id}", "uuyfffffffn"),
    ("GET /v1/audit-logs", "uuyfffffffy"),
    ("GET /v1/request-logs", "uuyfffffffy"),
];

fn documented() -> BTreeSet<String> {
    let document: Value = serde_json::from_str(&DIALECT.openapi.unwrap()()).unwrap();
    let mut routes = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            routes.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    routes
}

fn expected() -> BTreeMap<&'static str, &'static str> {
    EXPECTED.into_iter().chain(MORE).collect()
}

/// A good body for every route that takes one.
pub fn body(template: &str, number: usize) -> Option<Value> {
    let fresh = format!("n{number}");
    let last = template
        .rsplit('/')
        .find(|part| !part.starts_with('{'))
        .unwrap_or("");
    Some(match last {
        "resources" | "projects" | "access-keys" => json!({"name": fresh}),
        "vaults" if template.ends_with("vaults") => json!({"name": fresh}),
        "vaults" => json!({"restricted": false}),
        "secrets" if template.ends_with("secrets") => json!({"name": fresh, "value": "x"}),
        "secrets" => json!({"tags": [fresh]}),
        "keys" if template.ends_with("keys") => json!({"name": fresh, "key_type": "Ed25519"}),
        "certificates" if template.ends_with("certificates") => json!({"name": fresh, "common_name": "c"}),
        "keys" | "certificates" => json!({"enabled": true}),
        "webhooks" => json!({"url": "https://example.com/", "events": ["key.deleted"]}),
        "api-keys" => json!({"name": fresh, "role": "read_only"}),
        _ => return None,
    })
}

#[test]
fn every_route_has_its_row_and_every_row_its_route() {
    let rows: BTreeSet<String> = expected().keys().map(|row| (*row).to_owned()).collect();
    assert_eq!(rows, documented());
    // What follows a secret's name is told apart behind the router.
    for template in routes::templates() {
        let shown = template.replace("{*name}", "{name}");
        assert!(
            rows.iter().any(|row| row.ends_with(&format!(" {shown}"))),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn every_credential_is_answered_as_the_table_says() {
    let server = unlimited().await;
    let mut world = World::make(&server, 0).await;
    let mut roles = Vec::new();
    for name in ["project_manager", "contributor", "read_only"] {
        roles.push(text(&role(&server, name).await, "token"));
    }
    let stranger = server.stranger().await;
    let mut cells = 0;
    for (row, answers) in expected() {
        let (method, template) = row.split_once(' ').unwrap();
        let method: Method = method.parse().unwrap();
        for (column, answer) in answers.chars().enumerate() {
            cells += 1;
            let token = match column {
                0 => None,
                1 => Some("secryn_key_guess"),
                2 => Some(server.admin.as_str()),
                3..=5 => Some(roles[column - 3].as_str()),
                6..=9 => Some(world.narrow[column - 6].as_str()),
                _ => Some(stranger.as_str()),
            };
            let body = if method == Method::GET {
                None
            } else {
                body(template, cells)
            };
            let path = world.concrete(template);
            let reply = send(&server, method.clone(), token, &path, body.as_ref()).await;
            check(row, column, answer, &reply);
            if answer == 'n' && column == 10 {
                let unknown = World::unknown(template);
                let same = send(&server, method.clone(), token, &unknown, body.as_ref()).await;
                assert_eq!(
                    (same.status, same.text),
                    (reply.status, reply.text),
                    "{row} tells that it exists"
                );
            }
            if method == Method::DELETE && answer == 'y' {
                world = World::make(&server, cells).await;
            }
        }
    }
    assert_eq!(cells, (EXPECTED.len() + MORE.len()) * 11);
}

fn check(row: &str, column: usize, answer: char, reply: &Reply) {
    let (status, code) = match answer {
        'y' => (200, None),
        'u' => (401, Some("UNAUTHORIZED")),
        'f' => (403, Some("FORBIDDEN")),
        _ => (404, Some("NOT_FOUND")),
    };
    assert_eq!(reply.status, status, "{row}, column {column}: {}", reply.text);
    if let Some(code) = code {
        assert_eq!(
            reply["error"]["code"], code,
            "{row}, column {column}: {}",
            reply.text
        );
    }
    // Who may not see values is shown none, whatever it asks for.
    assert!(column != 5 || !reply.text.contains("value-of-s"), "{row}");
}

#[tokio::test]
async fn a_restricted_vault_is_for_those_who_are_added_and_for_managers() {
    let server = TestServer::start().await;
    let made = |path: &'static str, body: Value| super::world::made(&server, path, body);
    let vault = text(
        &made("/v1/vaults", json!({"name": "closed", "restricted": true})).await,
        "id",
    );
    let key = async |role: &str, vaults: Value| {
        let body = json!({"name": "k", "role": role, "vault_ids": vaults});
        text(&super::world::made(&server, "/v1/api-keys", body).await, "token")
    };
    let path = format!("/v1/vaults/{vault}");
    for (role, added, status) in [
        ("project_manager", false, 200),
        ("contributor", false, 404),
        ("contributor", true, 200),
        ("read_only", false, 404),
        ("read_only", true, 200),
    ] {
        let vaults = if added { json!([vault]) } else { json!([]) };
        let token = key(role, vaults).await;
        let reply = send(&server, Method::GET, Some(&token), &path, None).await;
        assert_eq!(reply.status, status, "{role} {added}: {}", reply.text);
        let listed = send(&server, Method::GET, Some(&token), "/v1/vaults", None).await;
        assert_eq!(listed.text.contains(&vault), status == 200, "{role} {added}");
    }
    let access = super::world::made(&server, &format!("{path}/access-keys"), json!({"name": "a"})).await;
    let access = text(&access, "token");
    send(&server, Method::GET, Some(&access), &path, None)
        .await
        .expect(200);
}

#[tokio::test]
async fn a_key_of_one_project_has_no_part_in_another() {
    let server = TestServer::start().await;
    let made = |path: &'static str, body: Value| super::world::made(&server, path, body);
    let project = text(
        &made("/v1/projects", json!({"name": "Second project"})).await,
        "id",
    );
    let body = json!({"name": "inner", "project_id": project});
    let vault = text(&made("/v1/vaults", body).await, "id");
    let body = json!({"name": "k", "role": "project_manager", "project_id": project});
    let inner = text(&made("/v1/api-keys", body).await, "token");
    let outer = text(&role(&server, "project_manager").await, "token");
    let path = format!("/v1/vaults/{vault}");
    let get = async |token: &str| send(&server, Method::GET, Some(token), &path, None).await.status;
    assert_eq!(
        (get(&inner).await, get(&outer).await, get(&server.admin).await),
        (200, 404, 200)
    );
    let listed = send(&server, Method::GET, Some(&server.admin), "/v1/projects", None).await;
    assert_eq!(listed["pagination"]["total"], 2);
    assert_eq!(listed["data"][1]["name"], "Second project");
}
