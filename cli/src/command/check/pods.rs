//! Pods and whatever makes pods: what the injector would decide, with the names that are in these files.

use coffer_injector::{
    annotation,
    decide::{Context, decide},
    familiar::{ConfigMaps, config_map::Map},
    known::Index,
    pod::volumes::Mebibytes,
    settings::Injection,
    view::Pod,
};
use serde_json::{Value, json};

use super::{
    finding::{Level, Report},
    objects::{Object, Objects},
};

/// Checks every pod and pod template that opted in.
pub fn check(objects: &Objects, report: &mut Report) {
    let index = index(objects);
    // Where agents would find the server is no part of what is checked.
    let settings = Injection {
        // Whether the cluster keeps bundles is not the manifest's to say.
        keys: Some(String::new()),
        server: String::new(),
        audience: String::new(),
        image: String::new(),
        pull_policy: None,
        agent_path: String::new(),
        // Nor which other programs' annotations it takes.
        vault_k8s: false,
        volume_size: Mebibytes(u64::from(u32::MAX)),
    };
    for object in objects.iter() {
        if let Some(pod) = pod_of(object) {
            one(object, &pod, (objects, &index), &settings, report);
        }
    }
}

/// The names of vaults and keys that are in these files.
pub fn index(objects: &Objects) -> Index {
    let mut index = Index::default();
    for (object, spec) in objects.vaults() {
        index.put_vault((object.namespace.clone(), object.name.clone()), &spec);
    }
    for (object, spec) in objects.secrets() {
        index.put_secret((object.namespace.clone(), object.name.clone()), &spec);
    }
    index
}

/// The pod that the object is, or makes.
fn pod_of(object: &Object) -> Option<Value> {
    let template = match object.kind.as_str() {
        "Pod" => &object.value,
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" | "ReplicationController" => {
            &object.value["spec"]["template"]
        }
        "CronJob" => &object.value["spec"]["jobTemplate"]["spec"]["template"],
        _ => return None,
    };
    let mut metadata = template["metadata"].clone();
    metadata["namespace"] = json!(object.namespace);
    template["spec"]
        .is_object()
        .then(|| json!({"metadata": metadata, "spec": template["spec"]}))
}

/// The namespace's `ConfigMap`s that are in these files; of others nothing is known.
fn config_maps(objects: &Objects, namespace: &str) -> ConfigMaps {
    let mut maps = ConfigMaps::default();
    let here = objects
        .iter()
        .filter(|it| it.kind == "ConfigMap" && it.namespace == namespace && it.value["apiVersion"] == "v1");
    for object in here {
        let data = object.value["data"].as_object().into_iter().flatten();
        let texts = data.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
        maps.put(object.name.clone(), Map::of(texts));
    }
    maps
}

fn one(
    object: &Object,
    pod: &Value,
    (objects, index): (&Objects, &Index),
    settings: &Injection,
    report: &mut Report,
) {
    let text = pod.to_string();
    let pod: Pod<'_> = match serde_json::from_str(&text) {
        Ok(pod) => pod,
        Err(bad) if text.contains(annotation::INJECT) => {
            return report.push(object.finding(Level::Error, format!("its pod cannot be read: {bad}")));
        }
        Err(_) => return,
    };
    let opted_in = match annotation::opted_in(&pod.metadata) {
        Ok(opted_in) => opted_in,
        Err(denied) => return report.push(object.finding(Level::Error, denied.to_string())),
    };
    if !opted_in {
        if annotation::has_any(&pod.metadata) {
            let message = format!(
                "it has annotations of ours, and {} is not \"true\"",
                annotation::INJECT
            );
            report.push(object.finding(Level::Warning, message));
        }
        return;
    }
    let config_maps = config_maps(objects, &object.namespace);
    let context = Context {
        authorities: "",
        config_maps: &config_maps,
        settings,
        trust: "",
        known: index,
        namespace: &object.namespace,
    };
    match decide(&pod, context) {
        Ok(injected) => {
            for warning in injected.warnings {
                report.push(object.finding(Level::Warning, warning));
            }
        }
        Err(denied) => report.push(object.finding(Level::Error, denied.to_string())),
    }
}
