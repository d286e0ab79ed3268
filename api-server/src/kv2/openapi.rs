//! This door's OpenAPI document, made from the table of its routes.

use serde_json::{Value, json};

use super::routes::{self, Asks, Route};
use crate::http::documented::{self, About};

/// The document as pretty JSON, the same for the same code.
pub fn document() -> String {
    let about = About {
        title: "KV version 2, as served by Coffer",
        description: "What clients of Vault and OpenBao ask of a server: secrets with versions, tokens, logins. LIST is GET with list=true.",
        server: "/kv2",
        schemes: (
            json!({ "token": { "type": "apiKey", "in": "header", "name": "X-Vault-Token" } }),
            "token",
        ),
        schemas: json!({ "Failure": failure() }),
    };
    let operations = routes::all().into_iter().flat_map(|route| {
        let (path, described) = (plain(route.path), operation(&route));
        // What is posted may be put.
        let put = (route.method == "POST").then(|| (path.clone(), "PUT", described.clone()));
        [Some((path, route.method, described)), put].into_iter().flatten()
    });
    documented::document(about, operations)
}

/// A path in which the rest of one is a parameter like others.
fn plain(path: &str) -> String {
    path.replace("{*", "{")
}

fn operation(route: &Route) -> Value {
    let text = |_: &str| json!({ "type": "string" });
    let mut parameters = documented::in_path(&plain(route.path), text);
    let has_body = matches!(route.method, "POST" | "PATCH");
    if !has_body {
        parameters.extend(documented::queries(route.takes, text));
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
        let form = if route.method == "PATCH" {
            "application/merge-patch+json"
        } else {
            "application/json"
        };
        operation["requestBody"] = documented::body(route.takes, kind, &[form]);
    }
    operation
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
    let unlike = (route.method == "PATCH").then_some(415);
    let refusals = [400, 403, 404, 405, 413, 429, 500, 503].into_iter().chain(unlike);
    let done = json!({ "description": "Done" });
    let mut responses = documented::responses(200, done, refusals, "Failure");
    responses["204"] = json!({ "description": "Done, and there is nothing to say of it" });
    responses
}

fn failure() -> Value {
    json!({
        "type": "object",
        "required": ["errors"],
        "properties": { "errors": { "type": "array", "items": { "type": "string" } } },
    })
}
