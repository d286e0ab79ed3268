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
    /// Those of other methods on its path.
    pub elsewhere: Vec<u16>,
    /// Names of what its body holds.
    pub fields: Vec<String>,
    /// Names of the parameters of its query.
    pub queries: Vec<String>,
    /// Names of its headers.
    pub headers: Vec<String>,
}

/// All of them.
pub fn operations(dialect: &Dialect) -> Vec<Operation> {
    let document: Value = serde_json::from_str(&dialect.openapi.unwrap()()).unwrap();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, told) in item.as_object().unwrap() {
            if method == "parameters" {
                continue;
            }
            let mut operation = operation(&document, method, path, item, told);
            for (_, other) in item
                .as_object()
                .unwrap()
                .iter()
                .filter(|(name, _)| *name != method)
            {
                operation.elsewhere.extend(statuses(other));
            }
            all.push(operation);
        }
    }
    all
}

/// The statuses of an operation; none of what is none.
fn statuses(told: &Value) -> impl Iterator<Item = u16> {
    let all = told["responses"].as_object().into_iter().flatten();
    all.map(|(status, _)| status.parse().unwrap())
}

fn operation(document: &Value, method: &str, path: &str, item: &Value, told: &Value) -> Operation {
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
        statuses: statuses(told).collect(),
        elsewhere: Vec::new(),
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
