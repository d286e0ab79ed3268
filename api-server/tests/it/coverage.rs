//! The OpenAPI document against the router: every route is documented, every documented one refuses without
//! credentials, and only those that are meant to carry a value can.

use std::collections::{BTreeMap, BTreeSet};

use coffer_api_server::{native::routes, openapi};
use reqwest::Method;
use serde_json::Value;

use crate::support::{Reply, TestServer};

const METHODS: [Method; 5] = [
    Method::GET,
    Method::PUT,
    Method::POST,
    Method::DELETE,
    Method::PATCH,
];

fn document() -> Value {
    serde_json::from_str(&openapi()).unwrap()
}

/// Every documented path with its methods.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let paths = document()["paths"].clone();
    let paths = paths.as_object().unwrap().iter();
    paths
        .map(|(path, item)| {
            let methods = item
                .as_object()
                .unwrap()
                .keys()
                .filter(|key| *key != "parameters");
            (
                path.clone(),
                methods.map(|method| method.to_uppercase()).collect(),
            )
        })
        .collect()
}

/// A path that a client could send.
fn concrete(template: &str) -> String {
    template
        .replace("{*name}", "app/api")
        .replace("{name}", "app/api")
        .replace("{org}", "acme")
        .replace("{vault}", "default")
        .replace("{environment}", "default")
        .replace("{email}", "nobody@example.com")
        .replace("{id}", "00000000-0000-7000-8000-000000000000")
}

async fn send(server: &TestServer, method: Method, path: &str, token: Option<&str>) -> Reply {
    let request = server
        .http
        .request(method, format!("http://{}{path}", server.address));
    let request = match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    Reply::of(request.send().await.unwrap()).await
}

#[tokio::test]
async fn every_documented_route_refuses_without_credentials() {
    let server = TestServer::start().await;
    let public = ["/healthz", "/readyz", "/metrics"];
    let mut seen = 0;
    for (path, methods) in documented() {
        for method in methods {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let expected = if public.contains(&path.as_str()) { 200 } else { 401 };
            for token in [None, Some("coffer_x"), Some("a.b.c")] {
                let reply = send(&server, method.clone(), &concrete(&path), token).await;
                assert_eq!(reply.status, expected, "{method} {path}: {}", reply.text);
                if expected == 401 {
                    assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"coffer\"");
                    assert_eq!(reply["code"], "unauthenticated");
                }
            }
            seen += 1;
        }
    }
    assert!(seen >= 29, "{seen}");
}

#[tokio::test]
async fn every_route_is_documented_method_by_method() {
    let server = TestServer::start().await;
    let documented = documented();
    let mut templates = routes::templates();
    templates.extend(
        [
            "/coffer/v1/agent/watch",
            "/coffer/v1/agent/ack",
            "/healthz",
            "/readyz",
            "/metrics",
        ]
        .map(String::from),
    );
    for template in templates {
        let shown = template.replace("{*name}", "{name}");
        // A verb after a colon is a documented path of its own and, behind a parameter, a route of its noun.
        let is_verb_of =
            |path: &str| path.rsplit_once(':').is_some_and(|(noun, _)| noun == shown) && shown.ends_with('}');
        let methods: BTreeSet<String> = documented
            .iter()
            .filter(|(path, _)| **path == shown || is_verb_of(path))
            .flat_map(|(_, methods)| methods.clone())
            .collect();
        assert!(!methods.is_empty(), "{template} is not documented");
        for method in METHODS {
            let reply = send(&server, method.clone(), &concrete(&template), None).await;
            assert_eq!(
                reply.status != 405,
                methods.contains(method.as_str()),
                "{method} {template}"
            );
            if reply.status == 405 {
                let allow: BTreeSet<&str> = reply.header("allow").split(',').collect();
                assert!(
                    methods.iter().all(|method| allow.contains(method.as_str())),
                    "{allow:?} {methods:?}"
                );
                assert_eq!(reply["code"], "wrong_method");
            }
        }
    }
}

#[tokio::test]
async fn nothing_documented_is_unknown() {
    let server = TestServer::start().await;
    for (path, methods) in documented() {
        for method in methods {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let reply = send(&server, method.clone(), &concrete(&path), Some(&server.admin)).await;
            assert!(
                reply.status != 405 && reply["code"] != "unknown_path",
                "{method} {path}: {}",
                reply.text
            );
            assert!(reply.status < 500, "{method} {path}: {}", reply.text);
        }
    }
}

/// Every property name that a schema can hold, references followed.
fn properties(schema: &Value, document: &Value, found: &mut BTreeSet<String>, seen: &mut BTreeSet<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        if seen.insert(reference.to_owned()) {
            properties(document.pointer(&reference[1..]).unwrap(), document, found, seen);
        }
        return;
    }
    match schema {
        Value::Object(fields) => {
            if let Some(names) = fields.get("properties").and_then(Value::as_object) {
                found.extend(names.keys().cloned());
            }
            for value in fields.values() {
                properties(value, document, found, seen);
            }
        }
        Value::Array(all) => all.iter().for_each(|one| properties(one, document, found, seen)),
        _ => {}
    }
}

#[test]
fn only_routes_meant_to_reveal_can_carry_a_value() {
    let document = document();
    let mut revealing = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let (mut found, mut seen) = (BTreeSet::new(), BTreeSet::new());
            properties(&operation["responses"], &document, &mut found, &mut seen);
            if ["value", "valueBase64", "token"]
                .iter()
                .any(|field| found.contains(*field))
            {
                revealing.insert(format!("{method} {}", path.rsplit('/').next().unwrap()));
            }
        }
    }
    let meant = ["get {name}", "post api-keys", "post {id}:rotate"];
    assert_eq!(revealing, meant.map(String::from).into());
}

#[test]
fn the_document_is_the_same_each_time_and_its_parts_are_named() {
    assert_eq!(openapi(), openapi());
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(operation["summary"].is_string(), "{method} {path}");
            let doubled = path.ends_with(":verify");
            assert!(ids.insert(id.to_owned()) || doubled, "{id} twice");
        }
    }
}

#[test]
fn the_documented_failure_is_the_one_that_is_sent() {
    let sent = coffer_wire::Failure {
        code: "c".into(),
        message: "m".into(),
        names: vec!["n".into()],
    };
    let sent = serde_json::to_value(sent).unwrap();
    let documented = document()
        .pointer("/components/schemas/Failure/properties")
        .unwrap()
        .clone();
    let keys = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(keys(&sent), keys(&documented));
}
