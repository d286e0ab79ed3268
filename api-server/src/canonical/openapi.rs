//! This door's OpenAPI document, made from the table of its routes.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::routes::{self, BASE, Route};
use crate::http::documented::{self, About};

/// The document as pretty JSON, the same for the same code.
pub fn document() -> String {
    let about = About {
        title: "Canonical secrets, as served by Coffer",
        description: "Secrets by canonical URIs such as openbao+kv2://secret/app/api#token, with their versions, owners and events.",
        server: "/canonical",
        schemes: documented::bearer(),
        schemas: json!({ "Failure": failure() }),
    };
    let operations = routes::all()
        .into_iter()
        .map(|route| (format!("{BASE}{}", route.path), route.method, operation(&route)));
    documented::document(about, operations)
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
        operation["requestBody"] = documented::body(route.takes, kind, &["application/json"]);
    } else {
        operation["parameters"] = Value::Array(documented::queries(route.takes, asked));
    }
    operation
}

/// What a parameter of a query is.
fn asked(name: &str) -> Value {
    let kind = match name {
        "limit" | "offset" | "version" => "integer",
        "destroy" => "boolean",
        _ => "string",
    };
    json!({ "type": kind })
}

/// What a member of a body is.
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
    let refusals = [400, 401, 403, 404, 409, 413, 429, 500, 501, 502, 503];
    documented::responses(200, success, refusals, "Failure")
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
