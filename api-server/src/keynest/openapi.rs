//! This door's OpenAPI document, made from the table of its routes.

use serde_json::{Value, json};

use super::routes::{self, Access, Route};
use crate::http::documented::{self, About};

/// The forms in which a body is taken.
const FORMS: [&str; 3] = [
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
];

/// The document as pretty JSON, the same for the same code.
pub fn document() -> String {
    let about = About {
        title: "KeyNest, as served by Coffer",
        description: "Users, organizations with members, projects, environments, variables, export and import, logs. Every path is answered without its trailing slash, too.",
        server: "/keynest",
        schemes: (token(), "token"),
        schemas: json!({ "Failure": failure(), "Page": page() }),
    };
    let operations = routes::all()
        .into_iter()
        .map(|route| (format!("{}/", route.path), route.method, operation(&route)));
    documented::document(about, operations)
}

fn token() -> Value {
    json!({
        "token": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token <forty hexadecimal digits>`; `Bearer` is understood, too, and so is a native API key",
        },
    })
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
    let mut parameters = documented::in_path(route.path, schema);
    if has_body(route) {
        operation["requestBody"] = documented::body(route.takes, schema, &FORMS);
    } else {
        parameters.extend(documented::queries(route.takes, schema));
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

fn responses(route: &Route) -> Value {
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
    documented::responses(route.success, success(route), refusals, "Failure")
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
