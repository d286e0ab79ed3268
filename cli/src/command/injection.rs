//! What the injector would decide, asked without it: its settings as far as a decision rests on them, and the pod that
//! an object is or makes.

use coffer_injector::{decide::Context, known::Index, pod::volumes::Mebibytes, settings::Injection};
use serde_json::{Value, json};

/// Settings that refuse nothing by themselves: where agents would find the server is no part of a decision.
pub fn settings() -> Injection {
    Injection {
        // Whether the cluster keeps bundles is not for a manifest to say.
        keys: Some(String::new()),
        server: String::new(),
        audience: String::new(),
        image: String::new(),
        pull_policy: None,
        agent_path: String::new(),
        volume_size: Mebibytes(u64::from(u32::MAX)),
    }
}

/// What a decision rests on, with the names that are known.
pub fn context<'c>(settings: &'c Injection, known: &'c Index, namespace: &'c str) -> Context<'c> {
    Context {
        authorities: "",
        settings,
        trust: "",
        known,
        namespace,
    }
}

/// The pod that an object of this kind is, or makes.
pub fn pod_of(kind: &str, object: &Value, namespace: &str) -> Option<Value> {
    let template = match kind {
        "Pod" => object,
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" | "ReplicationController" => {
            &object["spec"]["template"]
        }
        "CronJob" => &object["spec"]["jobTemplate"]["spec"]["template"],
        _ => return None,
    };
    let mut metadata = template["metadata"].clone();
    metadata["namespace"] = json!(namespace);
    template["spec"]
        .is_object()
        .then(|| json!({"metadata": metadata, "spec": template["spec"]}))
}
