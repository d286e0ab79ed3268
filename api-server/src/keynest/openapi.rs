//! This door's OpenAPI document, made from the table of its routes.

use serde_json::{Map, Value, json};

use super::routes::{self, Access, Route};

/// The document as pretty JSON, the same for the same code.
pub fn document() -> String {
    let mut paths = Map::new();
    for route in routes::all() {
        let path = paths
            .entry(format!("{}/", route.path))
            .or_insert_with(|| json!({}));
        if let Value::Object(methods) = path {
            methods.insert(route.method.to_ascii_lowercase(), operation(&route));
        }
    }
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "KeyNest, as served by Coffer",
            "description": "Users, organizations with members, projects, environments, variables, export and import, logs. Every path is answered without its trailing slash, too.",
            "version": "1.0.0",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/keynest" }],
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`Token <forty hexadecimal digits>`; `Bearer` is understood, too, and so is a native API key",
                },
            },
            "schemas": { "Failure": failure(), "Page": page() },
        },
    });
    // A document made of plain strings and maps always serializes.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn operation(route: &Route) -> Value {
    let mut operation = json!({
        "summary": route.summary,
        "tags": [tag(route.path)],
        "responses": responses(route),
    });
    match route.access {
        Access::Open => operation["security"] = json!([]),
        Access::Signed => {}
        Access::Part(least, _) => operation["x-least-role"] = json!(least.as_str()),
    }
    let mut parameters = Vec::new();
    if route.path.contains("{id}") {
        parameters.push(parameter("id!", "path"));
    }
    if has_body(route) {
        operation["requestBody"] = body(route);
    } else {
        parameters.extend(route.takes.iter().map(|name| parameter(name, "query")));
    }
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    operation
}

fn tag(path: &str) -> &str {
    path.split('/').nth(2).unwrap_or("system")
}

fn has_body(route: &Route) -> bool {
    !route.takes.is_empty() && route.method != "GET"
}

fn is_number(name: &str) -> bool {
    matches!(
        name,
        "id" | "organization" | "project" | "environment" | "user" | "user_id" | "page_size"
    )
}

fn schema(name: &str) -> Value {
    match name {
        "overwrite" => json!({ "type": "boolean" }),
        "file" => json!({ "type": "string", "contentMediaType": "application/octet-stream" }),
        name if is_number(name) => json!({ "type": "integer" }),
        "description" => json!({ "type": ["string", "null"] }),
        _ => json!({ "type": "string" }),
    }
}

fn parameter(name: &str, place: &str) -> Value {
    let plain = name.trim_end_matches('!');
    json!({
        "name": plain,
        "in": place,
        "required": plain != name,
        "schema": schema(plain),
    })
}

fn body(route: &Route) -> Value {
    let plain = |name: &&str| name.trim_end_matches('!').to_owned();
    let properties: Map<String, Value> = route
        .takes
        .iter()
        .map(|name| (plain(name), schema(&plain(name))))
        .collect();
    let required: Vec<String> = route
        .takes
        .iter()
        .filter(|name| name.ends_with('!'))
        .map(plain)
        .collect();
    let schema = json!({ "type": "object", "properties": properties, "required": required });
    let mut content = Map::new();
    for kind in [
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ] {
        content.insert(kind.to_owned(), json!({ "schema": schema }));
    }
    json!({ "required": !required.is_empty(), "content": content })
}

fn responses(route: &Route) -> Value {
    let refused = json!({ "$ref": "#/components/schemas/Failure" });
    let mut responses = Map::from_iter([(route.success.to_string(), success(route))]);
    let mut refusals = vec![404, 405, 429, 500, 503];
    if !route.takes.is_empty() {
        refusals.push(400);
    }
    if has_body(route) {
        refusals.extend([409, 413, 415]);
    }
    match route.access {
        Access::Open if route.path.ends_with("/login") => refusals.push(401),
        Access::Open => {}
        Access::Signed | Access::Part(..) => refusals.extend([401, 403, 409]),
    }
    for status in refusals {
        let refusal =
            json!({ "description": "Refused", "content": { "application/json": { "schema": refused } } });
        responses.insert(status.to_string(), refusal);
    }
    Value::Object(responses)
}

fn success(route: &Route) -> Value {
    let of = |content: Value| json!({ "description": "Done", "content": content });
    if route.success == 204 {
        return json!({ "description": "Done" });
    }
    if route.path.ends_with("/export") {
        return of(json!({ "text/plain": {}, "application/json": {}, "application/x-yaml": {} }));
    }
    if route.takes.contains(&"page") {
        return of(json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Page" } } }));
    }
    of(json!({ "application/json": { "schema": { "type": "object" } } }))
}

fn page() -> Value {
    json!({
        "type": "object",
        "required": ["count", "next", "previous", "results"],
        "properties": {
            "count": { "type": "integer" },
            "next": { "type": ["string", "null"] },
            "previous": { "type": ["string", "null"] },
            "results": { "type": "array", "items": { "type": "object" } },
        },
    })
}

fn failure() -> Value {
    json!({
        "type": "object",
        "required": ["error", "details", "code", "timestamp", "detail"],
        "properties": {
            "error": { "type": "string" },
            "details": { "type": ["string", "array", "object"] },
            "code": { "type": "string" },
            "timestamp": { "type": "string", "format": "date-time" },
            "detail": { "type": "string" },
            "conflicts": { "type": "array", "items": { "type": "string" } },
            "message": { "type": "string" },
        },
    })
}
