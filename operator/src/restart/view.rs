//! What an object of the cluster says of a workload: whether its pods are as its template says and ready.

use std::collections::BTreeMap;

use kube::{ResourceExt, api::DynamicObject};
use serde_json::Value;

use super::{marks::Marks, model::Means};

/// Whether nothing is being rolled out and every pod is ready.
pub fn is_settled(kind: &str, object: &DynamicObject) -> bool {
    let number = |path: &str| object.data.pointer(path).and_then(Value::as_i64);
    let status = |path: &str| number(path).unwrap_or(0);
    if number("/status/observedGeneration") < object.metadata.generation {
        return false;
    }
    let wanted = number("/spec/replicas").unwrap_or(1);
    match kind {
        "Deployment" => {
            status("/status/updatedReplicas") >= wanted
                && status("/status/replicas") <= status("/status/updatedReplicas")
                && status("/status/availableReplicas") >= wanted
        }
        "StatefulSet" => {
            let partition = number("/spec/updateStrategy/rollingUpdate/partition").unwrap_or(0);
            let updated = is_on_delete(object) || status("/status/updatedReplicas") >= wanted - partition;
            updated && status("/status/readyReplicas") >= wanted
        }
        "DaemonSet" => {
            let wanted = status("/status/desiredNumberScheduled");
            let updated = is_on_delete(object) || status("/status/updatedNumberScheduled") >= wanted;
            updated && status("/status/numberAvailable") >= wanted
        }
        _ => status("/status/readyReplicas") >= wanted && status("/status/replicas") <= wanted,
    }
}

/// How it can be restarted.
pub fn means(kind: &str, object: &DynamicObject) -> Means {
    let is_paused = object.data.pointer("/spec/paused") == Some(&Value::Bool(true));
    match kind {
        "Deployment" if is_paused => {
            Means::None("its rollout is paused: resume it, and it is restarted then".to_owned())
        }
        "StatefulSet" | "DaemonSet" if is_on_delete(object) => Means::Eviction,
        "ReplicaSet" => Means::Eviction,
        _ => Means::Template,
    }
}

fn is_on_delete(object: &DynamicObject) -> bool {
    object.data.pointer("/spec/updateStrategy/type") == Some(&Value::from("OnDelete"))
}

/// What was noted on it.
pub fn marks(object: &DynamicObject) -> Marks {
    Marks::read(|key| object.annotations().get(key).map(String::as_str))
}

/// The labels of its pods.
pub fn pod_labels(object: &DynamicObject) -> BTreeMap<String, String> {
    let labels = object.data.pointer("/spec/template/metadata/labels").cloned();
    labels
        .and_then(|labels| serde_json::from_value(labels).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(json: Value) -> DynamicObject {
        serde_json::from_value(json).unwrap()
    }

    fn deployment(status: &Value) -> DynamicObject {
        object(json!({"metadata": {"generation": 2}, "spec": {"replicas": 2}, "status": status}))
    }

    #[test]
    fn a_deployment_is_settled_when_only_its_newest_pods_run() {
        for (status, settled) in [
            (
                json!({"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}),
                true,
            ),
            (
                json!({"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}),
                false,
            ),
            (
                json!({"observedGeneration": 2, "replicas": 3, "updatedReplicas": 2, "availableReplicas": 3}),
                false,
            ),
            (
                json!({"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 1}),
                false,
            ),
            (json!({}), false),
        ] {
            assert_eq!(
                is_settled("Deployment", &deployment(&status)),
                settled,
                "{status}"
            );
        }
    }

    #[test]
    fn the_other_kinds_have_words_of_their_own() {
        let set = json!({"metadata": {"generation": 1}, "spec": {"replicas": 3, "updateStrategy":
            {"rollingUpdate": {"partition": 2}}}, "status": {"observedGeneration": 1, "updatedReplicas": 1, "readyReplicas": 3}});
        assert!(is_settled("StatefulSet", &object(set.clone())));
        let mut whole = set.clone();
        whole["spec"]["updateStrategy"] = json!({});
        assert!(!is_settled("StatefulSet", &object(whole)));
        let mut on_delete = set;
        on_delete["spec"]["updateStrategy"] = json!({"type": "OnDelete"});
        on_delete["status"]["updatedReplicas"] = json!(0);
        assert!(is_settled("StatefulSet", &object(on_delete.clone())));
        assert_eq!(means("StatefulSet", &object(on_delete)), Means::Eviction);
        let daemons = json!({"metadata": {"generation": 1}, "status": {"observedGeneration": 1, "desiredNumberScheduled": 2,
            "updatedNumberScheduled": 2, "numberAvailable": 1}});
        assert!(!is_settled("DaemonSet", &object(daemons)));
        let paused = object(json!({"metadata": {}, "spec": {"paused": true}}));
        assert!(matches!(means("Deployment", &paused), Means::None(_)));
    }
}
