//! This door's OpenAPI document, made from the table of its routes.

use serde_json::{Map, Value, json};

use super::routes::{self, Asks, Route};

/// The document as pretty JSON, the same for the same code.
pub fn document() -> String {
    let mut paths = Map::new();
    for route in routes::all() {
        let path = paths
            .entry(route.path.replace("{*path}", "{path}"))
            .or_insert_with(|| json!({}));
        if let Value::Object(methods) = path {
            let described = operation(&route);
            if route.method == "POST" {
                methods.insert("put".to_owned(), described.clone());
            }
            methods.insert(route.method.to_ascii_lowercase(), described);
        }
    }
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "KV version 2, as served by Coffer",
            "description": "What clients of Vault and OpenBao ask of a server: secrets with versions, tokens, logins. LIST is GET with list=true.",
            "version": "1.0.0",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/kv2" }],
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "apiKey", "in": "header", "name": "X-Vault-Token" } },
            "schemas": { "Failure": failure() },
        },
    });
    // A document made of plain strings and maps always serializes.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn operation(route: &Route) -> Value {
    let mut parameters: Vec<Value> = ["mount", "path", "method"]
        .into_iter()
        .filter(|name| {
            let (plain, rest) = (format!("{{{name}}}"), format!("{{*{name}}}"));
            route.path.contains(&plain) || route.path.contains(&rest)
        })
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    let has_body = matches!(route.method, "POST" | "PATCH");
    if !has_body {
        parameters.extend(
            route
                .takes
                .iter()
                .map(|name| json!({ "name": name, "in": "query", "schema": { "type": "string" } })),
        );
    }
    let mut operation = json!({
        "summary": route.summary,
        "tags": ["kv2"],
        "parameters": parameters,
        "responses": responses(route),
    });
    match route.asks {
        Asks::Nothing => operation["security"] = json!([]),
        Asks::Token => {}
        Asks::Right(permission) => operation["x-permission"] = json!(permission.as_str()),
    }
    if has_body {
        operation["requestBody"] = body(route);
    }
    operation
}

fn body(route: &Route) -> Value {
    let properties: Map<String, Value> = route
        .takes
        .iter()
        .map(|name| ((*name).to_owned(), kind(name)))
        .collect();
    let media = if route.method == "PATCH" {
        "application/merge-patch+json"
    } else {
        "application/json"
    };
    json!({ "content": { media: { "schema": { "type": "object", "properties": properties } } } })
}

fn kind(name: &str) -> Value {
    match name {
        "data" | "options" | "custom_metadata" => json!({ "type": "object" }),
        "versions" => json!({ "type": "array", "items": { "type": "integer" } }),
        "paths" => json!({ "type": "array", "items": { "type": "string" } }),
        "max_versions" => json!({ "type": "integer" }),
        "cas_required" => json!({ "type": "boolean" }),
        _ => json!({ "type": "string" }),
    }
}

fn responses(route: &Route) -> Value {
    let mut responses = Map::new();
    for (status, said) in [
        ("200", "Done"),
        ("204", "Done, and there is nothing to say of it"),
    ] {
        responses.insert(status.to_owned(), json!({ "description": said }));
    }
    let mut refusals = vec![400, 403, 404, 405, 413, 429, 500, 503];
    if route.method == "PATCH" {
        refusals.push(415);
    }
    for status in refusals {
        let schema = json!({ "$ref": "#/components/schemas/Failure" });
        let refusal =
            json!({ "description": "Refused", "content": { "application/json": { "schema": schema } } });
        responses.insert(status.to_string(), refusal);
    }
    Value::Object(responses)
}

fn failure() -> Value {
    json!({
        "type": "object",
        "required": ["errors"],
        "properties": { "errors": { "type": "array", "items": { "type": "string" } } },
    })
}
