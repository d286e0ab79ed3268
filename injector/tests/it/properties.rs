//! Properties over pods of every shape, and over bodies that are no reviews at all.

use crate::support::{config, inject, injector, pod, review};
use coffer_injector::injected::{carried, original};
use proptest::prelude::*;
use serde_json::{Value, json};

fn env() -> impl Strategy<Value = Value> {
    proptest::option::of(proptest::collection::vec("[A-Z]{2,5}", 0..4)).prop_map(|names| {
        names.map_or(Value::Null, |names| {
            names
                .iter()
                .map(|n| json!({ "name": n, "value": "v$(X)" }))
                .collect()
        })
    })
}

fn mounts() -> impl Strategy<Value = Value> {
    proptest::option::of(proptest::collection::vec("/(data|srv|opt)/[a-z]{1,3}", 0..3)).prop_map(|paths| {
        paths.map_or(Value::Null, |paths| {
            paths
                .iter()
                .map(|p| json!({ "name": "v", "mountPath": p }))
                .collect()
        })
    })
}

fn resources() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({})),
        Just(
            json!({ "limits": { "cpu": "1", "memory": "64Mi" }, "requests": { "cpu": "1000m", "memory": "64Mi" } })
        ),
        Just(json!({ "requests": { "cpu": "100m" } })),
    ]
}

prop_compose! {
    fn container(prefix: &'static str)(
        name in "[a-z]{3,8}", env in env(), mounts in mounts(), resources in resources(),
        command in proptest::option::of(proptest::collection::vec("[a-z/$()]{1,6}", 1..3)),
        sidecar in any::<bool>(), user in proptest::option::of(0..2000_i64),
    ) -> Value {
        let mut container = json!({ "name": format!("{prefix}{name}"), "image": "i", "resources": resources, "unknown": [1] });
        for (key, value) in [("env", env), ("volumeMounts", mounts), ("command", json!(command))] {
            if !value.is_null() {
                container[key] = value;
            }
        }
        if sidecar && prefix == "i-" {
            container["restartPolicy"] = json!("Always");
        }
        if let Some(user) = user {
            container["securityContext"] = json!({ "runAsUser": user });
        }
        container
    }
}

fn annotations() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let env = prop_oneof![
        Just(None),
        Just(Some(("env", "DB_URL,T=API_TOKEN"))),
        Just(Some(("env", "*")))
    ];
    let mode = prop_oneof![Just(None), Just(Some(("mode", "exec")))];
    let file = prop_oneof![
        Just(None),
        Just(Some(("file.a", "tls.key"))),
        Just(Some(("file.b", "{key: tls.key, path: /opt/x/y}")))
    ];
    let other = prop_oneof![Just(None), Just(Some(("environment", "production")))];
    (env, mode, file, other).prop_map(|(a, b, c, d)| [a, b, c, d].into_iter().flatten().collect())
}

prop_compose! {
    fn pods()(
        annotations in annotations(),
        containers in proptest::collection::vec(container("c-"), 1..4),
        init in proptest::option::of(proptest::collection::vec(container("i-"), 0..3)),
        volumes in any::<bool>(), labels in any::<bool>(), user in proptest::option::of(0..2000_i64),
    ) -> Value {
        let mut pod = pod(&annotations);
        pod["spec"]["containers"] = Value::Array(containers);
        if let Some(init) = init {
            pod["spec"]["initContainers"] = Value::Array(init);
        }
        if !volumes {
            pod["spec"].as_object_mut().unwrap().remove("volumes");
        }
        if !labels {
            pod["metadata"].as_object_mut().unwrap().remove("labels");
        }
        if let Some(user) = user {
            pod["spec"]["securityContext"] = json!({ "runAsUser": user });
        }
        pod
    }
}

/// Lists and maps that had to be created are left empty.
fn drop_new_empties(value: &mut Value, original: &Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, v| original.get(key).is_some() || !(v == &json!([]) || v == &json!({})));
            for (key, v) in map.iter_mut() {
                drop_new_empties(v, &original[key.as_str()]);
            }
        }
        Value::Array(items) => {
            for (i, item) in items.iter_mut().enumerate() {
                drop_new_empties(item, &original[i]);
            }
        }
        _ => {}
    }
}

fn guaranteed(pod: &Value) -> bool {
    let lists = ["initContainers", "containers"];
    let mut all = lists
        .iter()
        .flat_map(|list| pod["spec"][list].as_array().into_iter().flatten());
    all.all(|c| c["resources"]["limits"]["cpu"].is_string() && c["resources"]["limits"]["memory"].is_string())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_injected_pod_is_the_authors_pod_and_ours_beside_it(pod in pods()) {
        if let Ok(allowed) = inject(&pod) {
            prop_assert!(allowed.patch.is_some());
            let mut left = original(&allowed.pod);
            drop_new_empties(&mut left, &pod);
            prop_assert_eq!(left, pod);
        }
    }

    #[test]
    fn what_an_injected_pod_carries_is_what_was_decided(pod in pods()) {
        if let Ok(allowed) = inject(&pod) {
            let carried = carried(&allowed.pod).unwrap().unwrap();
            prop_assert_eq!(&carried.config, &config(&allowed.pod));
            prop_assert_eq!(carried.files.len(), carried.config.files.len());
            // A second decision on what its author wrote comes to the same.
            let again = inject(&original(&allowed.pod)).unwrap();
            prop_assert_eq!(config(&again.pod), carried.config);
        }
    }

    #[test]
    fn injecting_twice_is_injecting_once(pod in pods()) {
        if let Ok(once) = inject(&pod) {
            let twice = inject(&once.pod).unwrap();
            prop_assert!(twice.patch.is_none() && twice.warnings.is_empty());
            prop_assert_eq!(twice.pod, once.pod);
        }
    }

    #[test]
    fn a_patch_only_adds(pod in pods()) {
        if let Ok(allowed) = inject(&pod) {
            for operation in allowed.patch.unwrap().as_array().unwrap() {
                prop_assert_eq!(&operation["op"], "add");
                let path = operation["path"].as_str().unwrap();
                let element = path.ends_with("/-") || path.rsplit('/').next().unwrap().parse::<usize>().is_ok();
                let there = pod.pointer(path).is_some();
                prop_assert!(element || !there, "{} is replaced", path);
            }
        }
    }

    #[test]
    fn a_guaranteed_pod_stays_so_and_no_other_becomes_so(pod in pods()) {
        if let Ok(allowed) = inject(&pod) {
            prop_assert_eq!(guaranteed(&allowed.pod), guaranteed(&pod));
        }
    }

    #[test]
    fn without_the_annotation_no_pod_is_refused(pod in pods(), text in ".{0,20}", key in "[a-z.]{1,10}") {
        let mut pod = pod;
        let annotations = pod["metadata"]["annotations"].as_object_mut().unwrap();
        annotations.remove("coffer.dev/inject");
        annotations.insert(format!("coffer.dev/{key}"), json!(text));
        if key != "inject" {
            let allowed = inject(&pod);
            prop_assert!(allowed.is_ok_and(|a| a.patch.is_none()));
        }
    }

    #[test]
    fn any_text_in_any_annotation_is_taken_or_refused_in_one_line(
        key in "(env|vault|environment|mode|containers|inject|status|file\\.[a-z.]{0,4}|[a-z.]{1,6})",
        text in prop_oneof![".{0,60}", "[-{}\\[\\]:,|>&*!%@`'\"a-z/=#\n $()]{0,60}"],
    ) {
        let mut pod = pod(&[("env", "DB_URL")]);
        pod["metadata"]["annotations"][format!("coffer.dev/{key}")] = json!(text);
        if let Err(message) = inject(&pod) {
            prop_assert!(message.starts_with("coffer.dev/") && !message.contains(char::is_control), "{:?}", message);
        }
    }

    #[test]
    fn no_body_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(injector().answer(&bytes).is_err());
    }

    #[test]
    fn no_review_makes_it_panic(
        pod in pods(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), hostile()), 1..4),
    ) {
        let mut review = review(&pod);
        for (at, value) in edits {
            let pointers: Vec<String> = pointers(&review);
            *review.pointer_mut(at.get(pointers.as_slice()).as_str()).unwrap() = value;
        }
        let injector = injector();
        if let Ok(answer) = injector.answer(review.to_string().as_bytes()) {
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            prop_assert!(answer["response"]["allowed"].is_boolean());
        }
    }
}

/// A value to put anywhere.
fn hostile() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(json!(1e300)),
        ".{0,12}".prop_map(Value::from),
        Just(json!("\u{0}\u{202e}${x}{{x}}")),
        Just(json!("9".repeat(400))),
        Just(json!({ "limits": { "cpu": "1e30E", "memory": "-0.1Ki" } })),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map("(name|env|coffer.dev/env|[a-z]{1,4})", inner, 0..4)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

/// Every place in a document.
fn pointers(value: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map
            .iter()
            .map(|(k, v)| (k.replace('~', "~0").replace('/', "~1"), v))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(i, v)| (i.to_string(), v))
            .collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        found.extend(pointers(child).into_iter().map(|rest| format!("/{key}{rest}")));
    }
    found
}
