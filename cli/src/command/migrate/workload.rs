//! Pods, and whatever has a pod template.

use std::collections::BTreeSet;

use coffer_domain::name::EnvName;
use coffer_injector::{
    annotation::{self, Asked, ENVIRONMENT, INJECT, VAULT},
    familiar::{
        config_map,
        rule::Ground,
        vault_k8s::{self, Annotations},
    },
    known::Reader,
    view::{Metadata, Pod},
};
use serde_json::{Map, Value, json};

use super::{
    Context, Notes, annotations,
    variables::{self, Places},
};

/// Where the pod is, by the object's shape: other programs' kinds have templates too.
fn template(object: &Value) -> Option<&'static str> {
    ["", "/spec/template", "/spec/jobTemplate/spec/template"]
        .into_iter()
        .find(|at| {
            object
                .pointer(at)
                .is_some_and(|it| it["spec"]["containers"].is_array())
        })
}

/// The annotations of an object or a template.
pub(super) fn of(object: &mut Value) -> Option<&mut Map<String, Value>> {
    object.pointer_mut("/metadata/annotations")?.as_object_mut()
}

/// Puts a workload into our words.
pub(super) fn migrate(object: &mut Value, namespace: &str, context: &Context<'_>, notes: &mut Notes<'_>) {
    let Some(at) = template(object) else { return };
    let Some(pod) = object.pointer_mut(at) else { return };
    let before = pod.clone();
    let skips = of(pod).is_some_and(|all| annotations::skips(all));
    let mut restarts = of(pod).is_some_and(|all| annotations::of_pod(all, notes));
    let asked = match asked(pod, namespace) {
        Ok(asked) => asked,
        Err(why) => return notes.left(why),
    };
    let account = pod["spec"]["serviceAccountName"]
        .as_str()
        .unwrap_or("default")
        .to_owned();
    let reader = Reader {
        namespace,
        service_account: &account,
    };
    let mut places = Places::new();
    if !skips {
        places = variables::of_pod(&mut pod["spec"], &asked, reader, context, notes);
        places.extend(variables::in_config_maps(
            &config_maps(&before),
            &asked,
            reader,
            context,
        ));
    }
    let mut wishes = false;
    if let Some(all) = of(pod) {
        wishes = vault_k8s(all, &asked, reader, context, notes);
        wishes |= all.get(INJECT).is_some_and(|it| it == "true");
    }
    wishes |= place(pod, &places, &asked, namespace, notes);
    // What restarts a workload stands beside its template, or in it.
    let beside = if at.is_empty() { None } else { of(object) };
    restarts |= beside.is_some_and(|all| annotations::of_workload(all, wishes, notes));
    drop_empty(object);
    if restarts
        && wishes
        && let Some(pod) = object.pointer_mut(at)
    {
        insert(pod, annotation::ON_CHANGE, "restart");
    }
}

/// A list of annotations of which none is left.
fn drop_empty(object: &mut Value) {
    if of(object).is_some_and(|all| all.is_empty())
        && let Some(metadata) = object["metadata"].as_object_mut()
    {
        metadata.remove("annotations");
    }
}

/// The annotations that are ours already.
fn asked(pod: &Value, namespace: &str) -> Result<Asked, String> {
    let text = pod["metadata"].to_string();
    let metadata: Metadata<'_> = if pod["metadata"].is_object() {
        serde_json::from_str(&text).map_err(|bad| format!("its metadata cannot be read: {bad}"))?
    } else {
        Metadata::default()
    };
    annotation::asked(&metadata, namespace).map_err(|denied| denied.to_string())
}

fn config_maps(pod: &Value) -> BTreeSet<String> {
    let text = json!({ "metadata": {}, "spec": pod["spec"] }).to_string();
    let read: Result<Pod<'_>, _> = serde_json::from_str(&text);
    read.map_or_else(
        |_| BTreeSet::new(),
        |pod| config_map::named(&pod).into_iter().map(str::to_owned).collect(),
    )
}

/// Says from which vault the references are.
fn place(pod: &mut Value, places: &Places, asked: &Asked, namespace: &str, notes: &mut Notes<'_>) -> bool {
    let Some((organization, vault, environment)) = places.first() else {
        return false;
    };
    if places.len() > 1 {
        let all: Vec<String> = places.iter().map(|(o, v, e)| format!("{o}/{v}/{e}")).collect();
        notes.left(format!(
            "its references lead to {}; a pod reads one environment of one vault: keep them in one, with spec.references of it",
            all.join(" and ")
        ));
    }
    insert(pod, INJECT, "true");
    if asked.vault.is_none() {
        let own = organization.as_str() == namespace;
        let named = if own {
            vault.to_string()
        } else {
            format!("{organization}/{vault}")
        };
        insert(pod, VAULT, &named);
    }
    if asked.environment.is_none() && *environment != EnvName::default_environment() {
        insert(pod, ENVIRONMENT, environment.as_str());
    }
    true
}

fn insert(pod: &mut Value, key: &str, value: &str) {
    pod["metadata"]["annotations"][key] = value.into();
}

/// Annotations of vault-k8s, if they are switched on.
fn vault_k8s(
    all: &mut Map<String, Value>,
    asked: &Asked,
    reader: Reader<'_>,
    context: &Context<'_>,
    notes: &mut Notes<'_>,
) -> bool {
    let given: Annotations<'_> = all
        .iter()
        .filter_map(|(k, v)| Some((k.as_str(), v.as_str()?)))
        .collect();
    let of = |key: &str| given.get(key).copied();
    let translated = match vault_k8s::opted_in(of(vault_k8s::SWITCH), of(vault_k8s::STATUS)) {
        Ok(false) => return false,
        Ok(true) => {
            let ground = Ground {
                vault: asked.vault.as_ref(),
                known: context.known,
                reader,
            };
            vault_k8s::translate(&given, ground)
        }
        Err(denied) => Err(denied),
    };
    match translated {
        Err(denied) => {
            notes.left(denied.to_string());
            false
        }
        Ok(translated) => {
            translated
                .warnings
                .into_iter()
                .for_each(|warning| notes.note(warning));
            all.retain(|key, _| !key.starts_with(vault_k8s::PREFIX));
            for (key, value) in translated.annotations {
                all.entry(key).or_insert(value.into());
            }
            true
        }
    }
}
