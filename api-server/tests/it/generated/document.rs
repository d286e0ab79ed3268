//! What a dialect's OpenAPI document says of its routes.

use std::collections::BTreeSet;

use coffer_api_server::http::dialect::Dialect;
use serde_json::Value;

/// One documented route.
#[derive(Debug)]
pub struct Operation {
    pub method: String,
    pub path: String,
    pub statuses: Vec<u16>,
    /// Names of what its body holds.
    pub fields: Vec<String>,
    /// Names of the parameters of its query.
    pub queries: Vec<String>,
    /// Names of its headers.
    pub headers: Vec<String>,
}

/// All of them.
pub fn operations(dialect: &Dialect) -> Vec<Operation> {
    let document: Value = serde_json::from_str(&(dialect.openapi)()).unwrap();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, told) in item.as_object().unwrap() {
            if method == "parameters" {
                continue;
            }
            all.push(operation(&document, method, path, item, told));
        }
    }
    all
}

fn operation(document: &Value, method: &str, path: &str, item: &Value, told: &Value) -> Operation {
    let statuses = told["responses"].as_object().unwrap().keys();
    let mut fields = BTreeSet::new();
    for content in told["requestBody"]["content"]
        .as_object()
        .into_iter()
        .flat_map(|all| all.values())
    {
        names(&content["schema"], document, &mut fields);
    }
    let shared = item["parameters"].as_array().into_iter().flatten();
    let parameters: Vec<&Value> = shared
        .chain(told["parameters"].as_array().into_iter().flatten())
        .collect();
    let of = |place: &str| {
        let here = parameters.iter().filter(|one| one["in"] == place);
        here.filter_map(|one| one["name"].as_str().map(str::to_owned))
            .collect()
    };
    Operation {
        method: method.to_uppercase(),
        path: path.to_owned(),
        statuses: statuses.map(|status| status.parse().unwrap()).collect(),
        fields: fields.into_iter().collect(),
        queries: of("query"),
        headers: of("header"),
    }
}

/// The names of a schema's members, references followed.
fn names(schema: &Value, document: &Value, found: &mut BTreeSet<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        names(document.pointer(&reference[1..]).unwrap(), document, found);
        return;
    }
    found.extend(
        schema["properties"]
            .as_object()
            .into_iter()
            .flat_map(|all| all.keys().cloned()),
    );
    for together in ["allOf", "anyOf", "oneOf"] {
        for part in schema[together].as_array().into_iter().flatten() {
            names(part, document, found);
        }
    }
}
