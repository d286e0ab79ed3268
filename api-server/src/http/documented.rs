//! OpenAPI documents: what those have in common that are made from a table of routes, where what a route takes is said by
//! names, of which required ones end in `!`; and those that are made from the handlers' own annotations.

use serde_json::{Map, Value, json};
use utoipa::openapi::{OpenApi, Server, security::SecurityScheme};

/// What a document says besides its paths.
pub struct About {
    /// The title.
    pub title: &'static str,
    /// What the dialect is about.
    pub description: &'static str,
    /// Where it is mounted.
    pub server: &'static str,
    /// Schemes by name, and the name of the one that routes take if they do not say otherwise.
    pub schemes: (Value, &'static str),
    /// Schemas by name.
    pub schemas: Value,
}

/// The document as pretty JSON, the same for the same code: path, method and operation of each route.
pub fn document(about: About, operations: impl IntoIterator<Item = (String, &'static str, Value)>) -> String {
    let mut paths = Map::new();
    for (path, method, operation) in operations {
        let path = paths.entry(path).or_insert_with(|| json!({}));
        path[method.to_ascii_lowercase()] = operation;
    }
    let (schemes, usual) = about.schemes;
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": about.title,
            "description": about.description,
            "version": "1.0.0",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": about.server }],
        "security": [{ usual: [] }],
        "paths": paths,
        "components": { "securitySchemes": schemes, "schemas": about.schemas },
    });
    // A document made of plain strings and maps always serializes.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// A bearer token, as a scheme of that name.
pub fn bearer() -> (Value, &'static str) {
    (
        json!({ "bearer": { "type": "http", "scheme": "bearer" } }),
        "bearer",
    )
}

/// The parameters of a query.
pub fn queries(takes: &[&str], schema: impl Fn(&str) -> Value) -> Vec<Value> {
    takes
        .iter()
        .map(|name| parameter(name, "query", &schema))
        .collect()
}

/// The parameters that stand in a path.
pub fn in_path(path: &str, schema: impl Fn(&str) -> Value) -> Vec<Value> {
    let named = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    named
        .map(|name| parameter(&format!("{name}!"), "path", &schema))
        .collect()
}

fn parameter(name: &str, place: &str, schema: impl Fn(&str) -> Value) -> Value {
    let plain = name.trim_end_matches('!');
    json!({ "name": plain, "in": place, "required": plain != name, "schema": schema(plain) })
}

/// A body that is an object of these, in each of these forms.
pub fn body(takes: &[&str], schema: impl Fn(&str) -> Value, forms: &[&str]) -> Value {
    let plain = |name: &&str| name.trim_end_matches('!').to_owned();
    let properties: Map<String, Value> = takes
        .iter()
        .map(|name| (plain(name), schema(&plain(name))))
        .collect();
    let required: Vec<String> = takes
        .iter()
        .filter(|name| name.ends_with('!'))
        .map(plain)
        .collect();
    let schema = json!({ "type": "object", "properties": properties, "required": required });
    let contents: Map<String, Value> = forms
        .iter()
        .map(|form| ((*form).to_owned(), json!({ "schema": schema })))
        .collect();
    json!({ "required": !required.is_empty(), "content": contents })
}

/// A reference to a schema of the document.
pub fn named(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

/// What a route answers: on success, and with one schema for all refusals.
pub fn responses(
    success: u16,
    answer: Value,
    refusals: impl IntoIterator<Item = u16>,
    schema: &str,
) -> Value {
    let mut responses = Map::from_iter([(success.to_string(), answer)]);
    for status in refusals {
        let content = json!({ "application/json": { "schema": named(schema) } });
        let refusal = json!({ "description": "Refused", "content": content });
        responses.insert(status.to_string(), refusal);
    }
    Value::Object(responses)
}

/// A document of annotated handlers as pretty JSON, the same for the same code: mounted at `server`, if that is not the
/// root, and with these schemes by name.
pub fn annotated(
    mut document: OpenApi,
    server: Option<&str>,
    schemes: impl IntoIterator<Item = (&'static str, SecurityScheme)>,
) -> String {
    document.servers = server.map(|server| vec![Server::new(server)]);
    let components = document.components.get_or_insert_default();
    for (name, scheme) in schemes {
        components.add_security_scheme(name, scheme);
    }
    // A document made of plain strings and maps always serializes.
    let mut text = document.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// `Refused`, which annotations name: how any request with a credential may be refused with a body of the type `$failure`,
/// in the dialect's words for a credential that is none, and for one that is not for this.
macro_rules! refused {
    ($failure:ty, $none:tt, $unfit:tt) => {
        /// How any request with a credential may be refused.
        #[derive(utoipa::IntoResponses)]
        pub enum Refused {
            /// Not well formed
            #[response(status = 400)]
            Invalid($failure),
            #[doc = $none]
            #[response(status = 401)]
            Unauthorized($failure),
            #[doc = $unfit]
            #[response(status = 403)]
            Forbidden($failure),
            /// No such thing
            #[response(status = 404)]
            NotFound($failure),
            /// Too many requests
            #[response(status = 429)]
            RateLimited($failure),
            /// Something is broken on the server's side
            #[response(status = 500)]
            Internal($failure),
            /// The store cannot take it now
            #[response(status = 503)]
            Unavailable($failure),
        }
    };
}
pub(crate) use refused;
