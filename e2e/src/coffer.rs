//! Manifests of our own kinds, and of a pod that opts in.

use anyhow::{Result, bail};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use serde_json::{Value, json};

use crate::APP_IMAGE;

/// A `Vault` that lets every service account of its namespace read everything.
pub fn vault(name: &str) -> Value {
    json!({
        "apiVersion": "coffer.dev/v1alpha1", "kind": "Vault", "metadata": {"name": name},
        "spec": {"access": [{"serviceAccounts": ["*"]}]},
    })
}

/// A `VaultSecret` in `vault` with these entries of `data`.
#[expect(clippy::needless_pass_by_value, reason = "callers write it with json!")]
pub fn vault_secret(name: &str, vault: &str, data: Value) -> Value {
    json!({
        "apiVersion": "coffer.dev/v1alpha1", "kind": "VaultSecret", "metadata": {"name": name},
        "spec": {"vaultRef": {"name": vault}, "data": data},
    })
}

/// A pod that serves its own environment and files, with these annotations under `coffer.dev/`.
pub fn web_pod(name: &str, annotations: &[(&str, &str)]) -> Value {
    let annotations: serde_json::Map<String, Value> = annotations
        .iter()
        .map(|(key, value)| (format!("coffer.dev/{key}"), json!(value)))
        .collect();
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "annotations": annotations},
        "spec": {
            "terminationGracePeriodSeconds": 1,
            "containers": [{
                "name": "web", "image": APP_IMAGE, "imagePullPolicy": "IfNotPresent",
                "command": ["/testapp"], "args": ["serve"],
                "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 1},
            }],
        },
    })
}

/// The condition `kind`, if it has `status`; else an error that says what there is.
pub fn condition(conditions: &[Condition], kind: &str, status: &str) -> Result<Condition> {
    match conditions
        .iter()
        .find(|condition| condition.type_ == kind && condition.status == status)
    {
        Some(condition) => Ok(condition.clone()),
        None => bail!("{kind} is not {status}: {conditions:?}"),
    }
}
