//! What the tests share: an injector with known names, reviews around pods, and patches applied.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use coffer_crds::{VaultSecretSpec, VaultSpec};
use coffer_injector::{
    known::Index, metrics::Metrics, pod::volumes::Mebibytes, server::Injector, settings::Injection,
    trust::Bundle, watch::Shared,
};
use serde_json::{Value, json};

/// The settings of every test.
pub fn settings() -> Injection {
    Injection {
        server: "https://coffer.coffer-system.svc:8443".to_owned(),
        audience: "coffer".to_owned(),
        image: "coffer:test".to_owned(),
        pull_policy: Some("Never".to_owned()),
        agent_path: "/coffer-agent".to_owned(),
        volume_size: Mebibytes(36),
        vault_k8s: false,
        keys: Some("https://coffer-injector.coffer-system.svc:8444".to_owned()),
    }
}

fn vault(json: Value) -> VaultSpec {
    serde_json::from_value(json).unwrap()
}

fn secret(json: Value) -> VaultSecretSpec {
    serde_json::from_value(json).unwrap()
}

fn name(namespace: &str, name: &str) -> (String, String) {
    (namespace.to_owned(), name.to_owned())
}

/// `team-a` has a vault `app` that everyone there may read, `team-b` one that lets `team-a` read `shared/*` only.
pub fn known() -> Index {
    let mut index = Index::default();
    let open = json!({ "environments": ["default", "production"], "access": [{ "serviceAccounts": ["*"] }] });
    index.put_vault(name("team-a", "app"), &vault(open));
    let closed =
        json!({ "access": [{ "serviceAccounts": ["web"], "namespaces": ["team-a"], "keys": ["SHARED_*"] }] });
    index.put_vault(name("team-b", "private"), &vault(closed));
    let keys = json!({ "vaultRef": { "name": "app" }, "data": {
        "DB_URL": { "external": {} }, "API_TOKEN": { "external": {} }, "tls.key": { "external": {} },
        "app/config": { "external": {} }, "SIGNING": { "generate": { "type": "keyPair" } },
    } });
    index.put_secret(name("team-a", "app-secrets"), &secret(keys));
    let keys = json!({ "vaultRef": { "name": "private" }, "data": {
        "SHARED_KEY": { "external": {} }, "HIDDEN": { "external": {} },
    } });
    index.put_secret(name("team-b", "private-secrets"), &secret(keys));
    index
}

/// An injector over [`known`].
pub fn injector() -> Arc<Injector> {
    injector_over(known())
}

/// An injector over other names.
pub fn injector_over(index: Index) -> Arc<Injector> {
    let trust = Bundle::default();
    trust.store(Arc::new(
        "-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----\n".to_owned(),
    ));
    let authorities = Bundle::default();
    authorities.store(Arc::new(
        "-----BEGIN CERTIFICATE-----\nUg==\n-----END CERTIFICATE-----\n".to_owned(),
    ));
    let known = Shared::default();
    *known.write() = index;
    Arc::new(Injector::new(
        settings(),
        trust,
        authorities,
        known,
        Arc::new(Metrics::new().unwrap()),
    ))
}

/// A review of a new pod in `team-a`.
pub fn review(pod: &Value) -> Value {
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
            "kind": { "group": "", "version": "v1", "kind": "Pod" },
            "resource": { "group": "", "version": "v1", "resource": "pods" },
            "requestKind": { "group": "", "version": "v1", "kind": "Pod" },
            "name": "", "namespace": "team-a", "operation": "CREATE",
            "userInfo": { "username": "system:serviceaccount:kube-system:replicaset-controller" },
            "object": pod, "oldObject": null, "dryRun": false, "options": null,
        },
    })
}

/// The `response` to a review.
pub fn respond(injector: &Injector, review: &Value) -> Value {
    let answer = injector.answer(review.to_string().as_bytes()).unwrap();
    let mut answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(answer["kind"], "AdmissionReview");
    assert_eq!(answer["response"]["uid"], review["request"]["uid"]);
    answer["response"].take()
}

/// What came of a pod.
#[derive(Debug)]
pub struct Allowed {
    /// The pod with the patch applied.
    pub pod: Value,
    /// The patch, if there was one.
    pub patch: Option<Value>,
    /// Warnings.
    pub warnings: Vec<String>,
}

/// Sends a pod through; a refusal is its message.
pub fn inject(pod: &Value) -> Result<Allowed, String> {
    inject_with(&injector(), pod)
}

/// Sends a pod through a given injector.
pub fn inject_with(injector: &Injector, pod: &Value) -> Result<Allowed, String> {
    outcome(pod, &respond(injector, &review(pod)))
}

/// What came of a pod by the `response` to its review.
pub fn outcome(pod: &Value, response: &Value) -> Result<Allowed, String> {
    if response["allowed"] != true {
        assert!(response.get("patch").is_none(), "a refusal carries no patch");
        return Err(response["status"]["message"].as_str().unwrap().to_owned());
    }
    let warnings = response["warnings"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|w| w.as_str().unwrap().to_owned())
        .collect();
    let patch = response.get("patch").map(|text| {
        assert_eq!(response["patchType"], "JSONPatch");
        let bytes = BASE64_STANDARD.decode(text.as_str().unwrap()).unwrap();
        serde_json::from_slice::<Value>(&bytes).unwrap()
    });
    let mut patched = pod.clone();
    if let Some(patch) = &patch {
        let operations: json_patch::Patch = serde_json::from_value(patch.clone()).unwrap();
        json_patch::patch(&mut patched, &operations).unwrap();
    }
    Ok(Allowed {
        pod: patched,
        patch,
        warnings,
    })
}

/// A pod as a Deployment's controller makes it and the API server fills it in, with annotations (without
/// `coffer.dev/`) beside `inject` and `vault: app`.
pub fn pod(annotations: &[(&str, &str)]) -> Value {
    let mut map =
        json!({ "coffer.dev/inject": "true", "coffer.dev/vault": "app", "example.com/kept": "yes" });
    for (key, value) in annotations {
        map[format!("coffer.dev/{key}")] = json!(value);
    }
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "generateName": "web-5d9-", "labels": { "app": "web" }, "annotations": map,
            "ownerReferences": [{ "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5d9", "uid": "u" }] },
        "spec": {
            "containers": [{
                "name": "web", "image": "web:1", "ports": [{ "containerPort": 8080 }],
                "env": [{ "name": "LOG", "value": "info" }],
                "volumeMounts": [{ "name": "kube-api-access", "readOnly": true,
                    "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount" }],
                "resources": {}, "terminationMessagePath": "/dev/termination-log", "imagePullPolicy": "IfNotPresent",
            }],
            "volumes": [{ "name": "kube-api-access", "projected": { "sources": [], "defaultMode": 420 } }],
            "serviceAccountName": "web", "restartPolicy": "Always", "dnsPolicy": "ClusterFirst",
            "securityContext": {}, "schedulerName": "default-scheduler", "futureField": { "kept": [1, 2] },
        },
    })
}

/// The refusal of a pod.
pub fn denial(pod: &Value) -> String {
    inject(pod).expect_err("the pod is let through")
}

/// A message says all of these.
#[track_caller]
pub fn says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{message:?} lacks {part:?}");
    }
}

/// The agent's container of an injected pod.
pub fn agent(pod: &Value) -> &Value {
    &pod["spec"]["initContainers"][0]
}

/// The agent's configuration in an injected pod.
pub fn config(pod: &Value) -> coffer_wire::AgentConfig {
    serde_json::from_str(agent(pod)["env"][0]["value"].as_str().unwrap()).unwrap()
}

/// The names of a container's variables.
pub fn variable_names(container: &Value) -> Vec<&str> {
    container["env"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|v| v["name"].as_str().unwrap())
        .collect()
}
