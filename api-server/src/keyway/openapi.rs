//! This door's OpenAPI document, made from the table of its routes and the shapes of their answers.

use serde_json::{Value, json};

use super::{
    routes::{self, Access, Route},
    shapes,
};
use crate::http::documented::{self, About};

/// The document as pretty JSON, the same for the same code.
pub fn document() -> String {
    let mut schemas = shapes::all();
    schemas.insert("Problem".to_owned(), problem());
    let about = About {
        title: "Keyway, as served by Coffer",
        description: "Vaults of repositories: push and pull, secrets with history and trash, environments, overrides, API keys, the device flow, hosting providers, organizations.",
        server: "/keyway",
        schemes: documented::bearer(),
        schemas: Value::Object(schemas),
    };
    let operations = routes::all().into_iter().map(|route| {
        let path = format!("{}{}", routes::BASE, route.path);
        (path, route.method, operation(&route))
    });
    documented::document(about, operations)
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
    let mut parameters = documented::in_path(route.path, shapes::asked);
    if has_body(route.method) {
        operation["requestBody"] = documented::body(route.takes, shapes::asked, &["application/json"]);
    } else {
        parameters.extend(documented::queries(route.takes, shapes::asked));
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

fn responses(route: &Route) -> Value {
    let success = match shapes::answer(route.method, route.path) {
        Some(schema) => {
            json!({ "description": "Done", "content": { "application/json": { "schema": schema } } })
        }
        None if is_page(route) => json!({ "description": "A page", "content": { "text/html": {} } }),
        None if route.success == 302 => json!({ "description": "Elsewhere" }),
        None => json!({ "description": "Done" }),
    };
    let mut refusals = vec![400, 404, 413, 429, 500, 503];
    if route.access != Access::Open || is_page(route) {
        refusals.extend([401, 403, 409]);
    }
    let mut responses = documented::responses(route.success, success, refusals, "Problem");
    if is_page(route) {
        responses["302"] = json!({ "description": "Elsewhere, where a browser is sent on" });
    }
    responses
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
