//! This door's OpenAPI document, made from the table of its routes.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::routes::{self, BASE, Route};

/// The document as pretty JSON, the same for the same code.
pub fn document() -> String {
    let mut paths = Map::new();
    for route in routes::all() {
        let path = paths
            .entry(format!("{BASE}{}", route.path))
            .or_insert_with(|| json!({}));
        if let Value::Object(methods) = path {
            methods.insert(route.method.to_ascii_lowercase(), operation(&route));
        }
    }
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Canonical secrets, as served by Coffer",
            "description": "Secrets by canonical URIs such as openbao+kv2://secret/app/api#token, with their versions, owners and events.",
            "version": "1.0.0",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/canonical" }],
        "security": [{ "bearer": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } },
            "schemas": { "Failure": failure() },
        },
    });
    // A document made of plain strings and maps always serializes.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn operation(route: &Route) -> Value {
    let scopes: BTreeSet<&str> = route.ops.iter().flat_map(|op| op.scopes()).copied().collect();
    let mut operation = json!({
        "summary": route.summary,
        "tags": ["secrets"],
        "x-scopes": scopes,
        "responses": responses(route),
    });
    if route.method == "POST" {
        operation["requestBody"] = body(route.takes);
    } else {
        operation["parameters"] = route.takes.iter().map(|name| parameter(name)).collect();
    }
    operation
}

fn parameter(name: &str) -> Value {
    let plain = name.trim_end_matches('!');
    let kind = match plain {
        "limit" | "offset" | "version" => "integer",
        "destroy" => "boolean",
        _ => "string",
    };
    json!({ "name": plain, "in": "query", "required": plain != name, "schema": { "type": kind } })
}

fn body(takes: &[&str]) -> Value {
    let plain = |name: &&str| name.trim_end_matches('!').to_owned();
    let properties: Map<String, Value> = takes
        .iter()
        .map(|name| (plain(name), kind(&plain(name))))
        .collect();
    let required: Vec<String> = takes
        .iter()
        .filter(|name| name.ends_with('!'))
        .map(plain)
        .collect();
    let schema = json!({ "type": "object", "properties": properties, "required": required });
    json!({ "required": true, "content": { "application/json": { "schema": schema } } })
}

fn kind(name: &str) -> Value {
    match name {
        "value" => json!({}),
        "overwrite" | "continueOnError" => json!({ "type": "boolean" }),
        "versions" => json!({ "type": "array", "items": { "type": "integer" } }),
        "operations" => json!({ "type": "array", "items": { "type": "object" }, "maxItems": 100 }),
        _ => json!({ "type": "string" }),
    }
}

fn responses(route: &Route) -> Value {
    let media = if route.path == "/events" {
        "text/event-stream"
    } else {
        "application/json"
    };
    let success = json!({ "description": "Done", "content": { media: {} } });
    let mut responses = Map::from_iter([("200".to_owned(), success)]);
    for status in [400, 401, 403, 404, 409, 413, 429, 500, 501, 502, 503] {
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
        "required": ["error", "code", "message", "correlation_id"],
        "properties": {
            "error": { "type": "string" },
            "code": { "type": "string" },
            "message": { "type": "string" },
            "correlation_id": { "type": "string" },
            "details": { "type": "object" },
        },
    })
}
