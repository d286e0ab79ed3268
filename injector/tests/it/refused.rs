//! Pods that are refused, warned of or left alone.

use std::sync::Arc;

use coffer_injector::{
    known::Index, metrics::Metrics, server::Injector, settings::Injection, trust::Bundle, watch::Shared,
};
use serde_json::{Value, json};

use crate::support::{denial, inject, inject_with, injector, injector_over, pod, respond, review, says};

#[test]
fn a_pod_that_does_not_opt_in_is_left_alone() {
    for value in [Some("false"), None] {
        let mut pod = pod(&[("env", "no such thing"), ("nonsense", "x")]);
        match value {
            Some(value) => pod["metadata"]["annotations"]["coffer.dev/inject"] = json!(value),
            None => drop(
                pod["metadata"]["annotations"]
                    .as_object_mut()
                    .unwrap()
                    .remove("coffer.dev/inject"),
            ),
        }
        let allowed = inject(&pod).unwrap();
        assert!(allowed.patch.is_none());
        assert_eq!(
            allowed.warnings.len(),
            usize::from(value.is_none()),
            "{:?}",
            allowed.warnings
        );
    }
}

/// It is the API server that refuses it, in its own words.
#[test]
fn an_odd_pod_that_does_not_opt_in_is_left_alone() {
    let mut pod = pod(&[("inject", "false")]);
    pod["spec"]["containers"] = json!("none");
    assert!(inject(&pod).unwrap().patch.is_none());
}

#[test]
fn only_new_pods_are_looked_at() {
    let bad = pod(&[("nonsense", "x")]);
    assert_eq!(respond(&injector(), &review(&bad))["allowed"], false);
    for (pointer, value) in [
        ("/request/operation", json!("UPDATE")),
        ("/request/operation", json!("DELETE")),
        ("/request/resource/resource", json!("deployments")),
        ("/request/resource/group", json!("apps")),
        ("/request/resource/version", json!("v2")),
        ("/request/object", Value::Null),
    ] {
        let mut review = review(&bad);
        *review.pointer_mut(pointer).unwrap() = value;
        let response = respond(&injector(), &review);
        assert_eq!(response["allowed"], true, "{pointer}");
        assert!(response.get("patch").is_none(), "{pointer}");
    }
    let mut review = review(&bad);
    review["request"]["subResource"] = json!("ephemeralcontainers");
    assert_eq!(respond(&injector(), &review)["allowed"], true);
}

#[test]
fn a_mirror_pod_is_left_alone() {
    let mut pod = pod(&[("env", "DB_URL")]);
    pod["metadata"]["annotations"]["kubernetes.io/config.mirror"] = json!("x");
    assert!(inject(&pod).unwrap().patch.is_none());
}

#[test]
fn a_pod_without_a_namespace_is_refused() {
    let mut review = review(&pod(&[("env", "DB_URL")]));
    review["request"]["namespace"] = json!("");
    let response = respond(&injector(), &review);
    says(
        response["status"]["message"].as_str().unwrap(),
        &["request.namespace", "no namespace"],
    );
}

#[test]
fn forged_marks_are_refused() {
    says(
        &denial(&pod(&[("env", "DB_URL"), ("status", "injected")])),
        &["coffer.dev/status", "no agent", "remove it"],
    );
    says(
        &denial(&pod(&[("env", "DB_URL"), ("status", "")])),
        &["coffer.dev/status"],
    );
    let mut labelled = pod(&[("env", "DB_URL")]);
    labelled["metadata"]["labels"]["coffer.dev/injected"] = json!("true");
    says(&denial(&labelled), &["label coffer.dev/injected", "no agent"]);
}

#[test]
fn our_names_are_refused() {
    let mut other = pod(&[("env", "DB_URL")]);
    other["spec"]["initContainers"] = json!([{ "name": "coffer-agent", "image": "evil" }]);
    says(
        &denial(&other),
        &["/spec/initContainers/0", "coffer-agent", "rename"],
    );
    // With the marks, but not a sidecar with a configuration: still someone else's container.
    other["metadata"]["annotations"]["coffer.dev/status"] = json!("injected");
    other["metadata"]["labels"]["coffer.dev/injected"] = json!("true");
    says(&denial(&other), &["coffer.dev/status", "no agent"]);
    for name in [
        "coffer-env",
        "coffer-state",
        "coffer-token",
        "coffer-exec",
        "coffer-files-0",
    ] {
        let mut taken = pod(&[("env", "DB_URL")]);
        taken["spec"]["volumes"]
            .as_array_mut()
            .unwrap()
            .push(json!({ "name": name, "emptyDir": {} }));
        says(&denial(&taken), &["spec.volumes", name, "rename"]);
        let mut mounted = pod(&[("env", "DB_URL")]);
        mounted["spec"]["containers"][0]["volumeMounts"]
            .as_array_mut()
            .unwrap()
            .push(json!({ "name": name, "mountPath": "/x" }));
        says(
            &denial(&mounted),
            &["/spec/containers/0", "web", "remove the mount"],
        );
    }
}

#[test]
fn pods_the_agent_cannot_serve_are_refused() {
    let with = |key: &str, value: Value| {
        let mut pod = pod(&[("env", "DB_URL")]);
        pod["spec"][key] = value;
        pod
    };
    says(
        &denial(&with("os", json!({ "name": "windows" }))),
        &["spec.os.name", "Windows"],
    );
    says(
        &denial(&with("hostPID", json!(true))),
        &["spec.hostPID", "remove hostPID"],
    );
    assert!(
        inject(&with("os", json!({ "name": "linux" })))
            .unwrap()
            .warnings
            .is_empty()
    );
    says(
        &inject(&with("shareProcessNamespace", json!(true)))
            .unwrap()
            .warnings[0],
        &["spec.shareProcessNamespace"],
    );
}

#[test]
fn pods_that_may_not_find_the_server_are_warned_of() {
    let warnings = |host_network: bool, policy: &str| {
        let mut pod = pod(&[("env", "DB_URL")]);
        pod["spec"]["hostNetwork"] = json!(host_network);
        pod["spec"]["dnsPolicy"] = json!(policy);
        inject(&pod).unwrap().warnings.join("\n")
    };
    assert_eq!(
        warnings(false, "ClusterFirst") + &warnings(true, "ClusterFirstWithHostNet"),
        ""
    );
    says(
        &warnings(true, "ClusterFirst"),
        &["spec.dnsPolicy", "set ClusterFirstWithHostNet"],
    );
    says(
        &warnings(false, "Default"),
        &["spec.dnsPolicy", "set ClusterFirst"],
    );
    says(&warnings(false, "None"), &["spec.dnsPolicy"]);
}

#[test]
fn a_configuration_too_long_for_linux_is_refused() {
    let template = json!({ "template": "x".repeat(60 * 1024) }).to_string();
    let files = [
        ("file.a", template.as_str()),
        ("file.b", template.as_str()),
        ("file.c", template.as_str()),
    ];
    says(
        &denial(&pod(&files)),
        &["configuration is", "bytes", "shorter templates"],
    );
}

#[test]
fn without_access_the_author_is_told() {
    let mut index = Index::default();
    index.put_vault(
        ("team-a".to_owned(), "app".to_owned()),
        &coffer_crds::VaultSpec::default(),
    );
    let warnings = inject_with(&injector_over(index), &pod(&[("env", "DB_URL")]))
        .unwrap()
        .warnings;
    says(
        &warnings[0],
        &["coffer.dev/vault", "service account web", "spec.access"],
    );
}

#[test]
fn warnings_fit_the_api_servers_limit() {
    let long = "K".repeat(250);
    let many = (0..20)
        .map(|i| format!("V{i}={long}{i}"))
        .collect::<Vec<_>>()
        .join(",");
    let warnings = inject(&pod(&[("env", &many)])).unwrap().warnings;
    assert!(
        !warnings.is_empty() && warnings.len() <= 12 && warnings.iter().all(|w| w.len() <= 256),
        "{warnings:?}"
    );
}

/// The same answer made with kube's own types; keys and constants must agree.
#[test]
fn the_answer_has_the_shape_of_kubernetes_own() {
    use kube::core::{
        DynamicObject,
        admission::{AdmissionRequest, AdmissionResponse, AdmissionReview},
    };
    let review = review(&pod(&[("env", "DB_ULR")]));
    let request: AdmissionRequest<DynamicObject> =
        serde_json::from_value::<AdmissionReview<DynamicObject>>(review.clone())
            .unwrap()
            .try_into()
            .unwrap();
    let mut theirs = AdmissionResponse::from(&request)
        .with_patch(json_patch::Patch(Vec::new()))
        .unwrap();
    theirs.warnings = Some(vec!["w".to_owned()]);
    let theirs = serde_json::to_value(theirs.into_review()).unwrap();
    let ours: Value =
        serde_json::from_slice(&injector().answer(review.to_string().as_bytes()).unwrap()).unwrap();
    for pointer in [
        "/apiVersion",
        "/kind",
        "/response/uid",
        "/response/allowed",
        "/response/patchType",
    ] {
        assert_eq!(ours.pointer(pointer), theirs.pointer(pointer), "{pointer}");
    }
    assert!(ours["response"]["patch"].is_string(), "Go's []byte is base64");
    assert!(ours["response"]["warnings"].is_array() && theirs["response"]["warnings"].is_array());
}

#[test]
fn a_wish_to_start_stale_that_would_come_to_nothing_is_refused() {
    for (value, words) in [
        ("soon", "not a length of time"),
        ("59s", "out of bounds"),
        ("31d", "out of bounds"),
        ("", "not a length of time"),
    ] {
        let message = denial(&pod(&[("env", "DB_URL"), ("max-stale", value)]));
        says(&message, &["coffer.dev/max-stale", words, "such as 24h"]);
    }
    let foreign = pod(&[
        ("env", "SHARED_KEY"),
        ("vault", "team-b/private"),
        ("max-stale", "24h"),
    ]);
    says(&denial(&foreign), &["coffer.dev/max-stale", "another namespace"]);
}

#[test]
fn without_bundles_nobody_may_rely_on_them() {
    let known = Shared::default();
    *known.write() = crate::support::known();
    let settings = Injection {
        keys: None,
        ..crate::support::settings()
    };
    let metrics = Arc::new(Metrics::new().unwrap());
    let injector = Injector::new(settings, Bundle::default(), Bundle::default(), known, metrics);
    let asking = pod(&[("env", "DB_URL"), ("max-stale", "24h")]);
    let refused = inject_with(&injector, &asking).unwrap_err();
    says(&refused, &["coffer.dev/max-stale", "lastKnownGood.enabled"]);
}
