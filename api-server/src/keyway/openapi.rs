//! This door's OpenAPI document, made from the table of its routes.

use serde_json::{Map, Value, json};

use super::routes::{self, Access, Route};

/// The document as pretty JSON, the same for the same code.
pub fn document() -> String {
    let mut paths = Map::new();
    for route in routes::all() {
        let path = paths
            .entry(format!("{}{}", routes::BASE, route.path))
            .or_insert_with(|| json!({}));
        if let Value::Object(methods) = path {
            methods.insert(route.method.to_ascii_lowercase(), operation(&route));
        }
    }
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Keyway, as served by Coffer",
            "description": "Vaults of repositories: push and pull, secrets with history and trash, environments, overrides, API keys, the device flow, hosting providers.",
            "version": "1.0.0",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/keyway" }],
        "security": [{ "bearer": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } },
            "schemas": { "Problem": problem(), "Envelope": envelope() },
        },
    });
    // A document made of plain strings and maps always serializes.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn operation(route: &Route) -> Value {
    let (role, scope) = match route.access {
        Access::Open => (None, None),
        Access::Signed(scope) => (None, scope),
        Access::Vault(role, scope) => (Some(role.as_str()), Some(scope)),
    };
    let mut operation = json!({
        "summary": route.summary,
        "tags": [route.path.split('/').nth(1).unwrap_or_default()],
        "responses": responses(route),
    });
    if route.access == Access::Open {
        operation["security"] = json!([]);
    }
    if let Some(role) = role {
        operation["x-least-role"] = json!(role);
    }
    if let Some(scope) = scope {
        operation["x-scope"] = json!(scope.as_str());
    }
    let mut parameters = path_parameters(route.path);
    if has_body(route.method) {
        operation["requestBody"] = body(route.takes);
    } else {
        parameters.extend(route.takes.iter().map(|name| parameter(name, "query")));
    }
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    operation
}

/// Whether a person looks at the answer.
fn is_page(route: &Route) -> bool {
    route.path == "/auth/device/verify" || route.path.ends_with("/callback")
}

fn has_body(method: &str) -> bool {
    matches!(method, "POST" | "PUT" | "PATCH")
}

fn path_parameters(path: &str) -> Vec<Value> {
    let named = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    named.map(|name| parameter(&format!("{name}!"), "path")).collect()
}

fn parameter(name: &str, place: &str) -> Value {
    let plain = name.trim_end_matches('!');
    let number = matches!(plain, "limit" | "offset");
    json!({
        "name": plain,
        "in": place,
        "required": plain != name,
        "schema": { "type": if number { "integer" } else { "string" } },
    })
}

fn body(takes: &[&str]) -> Value {
    let plain = |name: &&str| name.trim_end_matches('!').to_owned();
    let properties: Map<String, Value> = takes.iter().map(|name| (plain(name), json!({}))).collect();
    let required: Vec<String> = takes
        .iter()
        .filter(|name| name.ends_with('!'))
        .map(plain)
        .collect();
    let schema = json!({ "type": "object", "properties": properties, "required": required });
    json!({
        "required": !required.is_empty(),
        "content": { "application/json": { "schema": schema } },
    })
}

fn responses(route: &Route) -> Value {
    let success = match (route.success, route.path) {
        (204, _) => json!({ "description": "Done" }),
        (302, _) => json!({ "description": "Elsewhere" }),
        _ if is_page(route) => json!({ "description": "A page", "content": { "text/html": {} } }),
        _ => {
            let schema = json!({ "$ref": "#/components/schemas/Envelope" });
            json!({ "description": "Done", "content": { "application/json": { "schema": schema } } })
        }
    };
    let mut responses = Map::from_iter([(route.success.to_string(), success)]);
    if is_page(route) {
        let elsewhere = json!({ "description": "Elsewhere, where a browser is sent on" });
        responses.insert("302".to_owned(), elsewhere);
    }
    let mut refusals = vec![400, 404, 413, 429, 500, 503];
    if route.access != Access::Open || is_page(route) {
        refusals.extend([401, 403, 409]);
    }
    for status in refusals {
        let schema = json!({ "$ref": "#/components/schemas/Problem" });
        let refusal =
            json!({ "description": "Refused", "content": { "application/json": { "schema": schema } } });
        responses.insert(status.to_string(), refusal);
    }
    Value::Object(responses)
}

fn envelope() -> Value {
    json!({
        "type": "object",
        "properties": {
            "data": {},
            "meta": {
                "type": "object",
                "properties": {
                    "requestId": { "type": "string" },
                    "pagination": {
                        "type": "object",
                        "properties": {
                            "total": { "type": "integer" },
                            "limit": { "type": "integer" },
                            "offset": { "type": "integer" },
                            "hasMore": { "type": "boolean" },
                        },
                    },
                },
            },
        },
    })
}

fn problem() -> Value {
    json!({
        "type": "object",
        "required": ["type", "title", "status", "detail", "instance", "requestId"],
        "properties": {
            "type": { "type": "string" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
            "instance": { "type": "string" },
            "requestId": { "type": "string" },
            "traceId": { "type": "string" },
            "errors": { "type": "array", "items": { "type": "object" } },
            "upgradeUrl": { "type": "string" },
            "trialInfo": { "type": "object" },
        },
    })
}
