//! Pods and whatever makes pods: what the injector would decide, with the names that are in these files.

use coffer_injector::{annotation, decide::decide, known::Index, settings::Injection, view::Pod};
use serde_json::Value;

use super::{
    super::injection,
    finding::{Level, Report},
    objects::{Object, Objects},
};

/// Checks every pod and pod template that opted in.
pub fn check(objects: &Objects, report: &mut Report) {
    let index = index(objects);
    let settings = injection::settings();
    for object in objects.iter() {
        if let Some(pod) = injection::pod_of(&object.kind, &object.value, &object.namespace) {
            one(object, &pod, &index, &settings, report);
        }
    }
}

fn index(objects: &Objects) -> Index {
    let mut index = Index::default();
    for (object, spec) in objects.vaults() {
        index.put_vault((object.namespace.clone(), object.name.clone()), &spec);
    }
    for (object, spec) in objects.secrets() {
        index.put_secret((object.namespace.clone(), object.name.clone()), &spec);
    }
    index
}

fn one(object: &Object, pod: &Value, index: &Index, settings: &Injection, report: &mut Report) {
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
    let context = injection::context(settings, index, &object.namespace);
    match decide(&pod, context) {
        Ok(injected) => {
            for warning in injected.warnings {
                report.push(object.finding(Level::Warning, warning));
            }
        }
        Err(denied) => report.push(object.finding(Level::Error, denied.to_string())),
    }
}
