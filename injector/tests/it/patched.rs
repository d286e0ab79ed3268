//! Whole pods, before and after: what is written is exactly this.

use crate::support::{inject, pod};
use serde_json::{Value, json};

/// The patched pod's parts that changed, for a snapshot that can be read.
fn changed(pod: &Value) -> Value {
    let mut patched = inject(pod).unwrap().pod;
    for key in ["ownerReferences", "generateName"] {
        patched["metadata"].as_object_mut().unwrap().remove(key);
    }
    for key in [
        "schedulerName",
        "futureField",
        "restartPolicy",
        "dnsPolicy",
        "serviceAccountName",
    ] {
        patched["spec"].as_object_mut().unwrap().remove(key);
    }
    patched
}

#[test]
fn a_deployments_pod_with_variables_and_a_file() {
    insta::assert_json_snapshot!(changed(&pod(&[
        ("env", "DB_URL, TOKEN=API_TOKEN"),
        (
            "file.tls",
            "{key: tls.key, path: /etc/app/tls.key, mode: \"0440\"}"
        ),
        (
            "file.config",
            "template: |\n  url={{ DB_URL }} $(HOME) $$\npath: /etc/app/config"
        ),
    ])));
}

#[test]
fn a_jobs_pod() {
    let mut job = pod(&[("env", "DB_URL"), ("environment", "production")]);
    job["spec"]["restartPolicy"] = json!("Never");
    job["spec"].as_object_mut().unwrap().remove("volumes");
    let container = job["spec"]["containers"][0].as_object_mut().unwrap();
    container.remove("volumeMounts");
    container.remove("env");
    insta::assert_json_snapshot!(changed(&job));
}

#[test]
fn init_containers_and_exec() {
    let mut pod = pod(&[("env", "*"), ("mode", "exec")]);
    pod["spec"]["initContainers"] = json!([
        { "name": "mesh", "image": "mesh:1", "restartPolicy": "Always" },
        { "name": "migrate", "image": "web:1", "command": ["/migrate", "up"], "args": ["--all"] },
    ]);
    pod["spec"]["containers"][0]["command"] = json!(["/web"]);
    pod["spec"]["containers"][0]["args"] = json!(["--port", "8080"]);
    insta::assert_json_snapshot!(changed(&pod));
}

#[test]
fn a_restricted_pod_with_a_user() {
    let mut pod = pod(&[("env", "DB_URL"), ("file.tls", "tls.key")]);
    pod["spec"]["securityContext"] =
        json!({ "runAsUser": 1000, "runAsGroup": 2000, "fsGroup": 3000, "runAsNonRoot": true });
    pod["spec"]["containers"][0]["securityContext"] = json!({
        "runAsUser": 1001, "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] },
    });
    insta::assert_json_snapshot!(changed(&pod));
}

#[test]
fn a_guaranteed_pod() {
    let mut pod = pod(&[("env", "DB_URL")]);
    pod["spec"]["containers"][0]["resources"] =
        json!({ "limits": { "cpu": "1", "memory": "1Gi" }, "requests": { "cpu": "1", "memory": "1Gi" } });
    insta::assert_json_snapshot!(changed(&pod));
}
