//! Reads an injected pod back: what its agent was told, and the pod as its author wrote it. The way back of
//! [`crate::decide`], for who explains a decision later. It decides nothing.

use coffer_wire::{AgentConfig, CONFIG_VARIABLE, Content};
use serde_json::Value;

use crate::{
    annotation::{INJECTED_LABEL, STATUS},
    pod::{agent, exec, volumes},
};

/// What an injected pod carries.
#[derive(Debug, Clone)]
pub struct Carried {
    /// What its agent was told.
    pub config: AgentConfig,
    /// The files, where the application finds them.
    pub files: Vec<CarriedFile>,
}

/// A file of the application's.
#[derive(Debug, Clone)]
pub struct CarriedFile {
    /// Its path in the application's containers.
    pub path: String,
    /// Its permission bits.
    pub mode: u32,
    /// What it holds.
    pub content: Content,
}

/// What `pod` carries; `None`: no agent.
///
/// # Errors
/// The agent's configuration cannot be read: another version of the injector wrote it.
pub fn carried(pod: &Value) -> Result<Option<Carried>, serde_json::Error> {
    let Some(agent) = list(&pod["spec"]["initContainers"]).find(|it| it["name"] == agent::NAME) else {
        return Ok(None);
    };
    let variable = list(&agent["env"]).find(|it| it["name"] == CONFIG_VARIABLE);
    let Some(text) = variable.and_then(|it| it["value"].as_str()) else {
        return Ok(None);
    };
    let config: AgentConfig = serde_json::from_str(text)?;
    let file = |file: &coffer_wire::FileSpec| {
        let volume = mount(agent, |mount| mount["mountPath"] == file.dir)?["name"].as_str()?;
        let app = containers(pod).find_map(|it| mount(it, |mount| mount["name"] == volume))?;
        Some(CarriedFile {
            path: format!("{}/{}", app["mountPath"].as_str()?, file.name),
            mode: file.mode,
            content: file.content.clone(),
        })
    };
    Ok(Some(Carried {
        files: config.files.iter().filter_map(file).collect(),
        config,
    }))
}

/// The containers that are not the agent's, init containers first.
fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    let all = list(&pod["spec"]["initContainers"]).chain(list(&pod["spec"]["containers"]));
    all.filter(|it| it["name"] != agent::NAME)
}

fn mount(container: &Value, which: impl Fn(&Value) -> bool) -> Option<&Value> {
    list(&container["volumeMounts"]).find(|mount| which(mount))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The pod without what the injector added. Lists that it had to make are left empty.
pub fn original(pod: &Value) -> Value {
    let mut pod = pod.clone();
    for (map, key) in [("annotations", STATUS), ("labels", INJECTED_LABEL)] {
        if let Some(map) = pod["metadata"].get_mut(map).and_then(Value::as_object_mut) {
            map.remove(key);
        }
    }
    let Some(spec) = pod.get_mut("spec") else {
        return pod;
    };
    keep(spec, "volumes", |it| !is_ours(it));
    keep(spec, "initContainers", |it| it["name"] != agent::NAME);
    for containers in ["initContainers", "containers"] {
        let all = spec.get_mut(containers).and_then(Value::as_array_mut);
        all.into_iter().flatten().for_each(strip);
    }
    pod
}

fn strip(container: &mut Value) {
    keep(container, "volumeMounts", |it| !is_ours(it));
    keep(container, "env", |it| {
        it["valueFrom"]["fileKeyRef"]["volumeName"] != volumes::ENV
    });
    let Some(command) = container.get_mut("command").and_then(Value::as_array_mut) else {
        return;
    };
    let words = exec::prefix_words();
    if command.len() >= words.len() && command.iter().zip(&words).all(|(word, ours)| word == ours) {
        command.drain(..words.len());
    }
}

fn is_ours(named: &Value) -> bool {
    named["name"].as_str().is_some_and(volumes::is_reserved)
}

fn keep(of: &mut Value, list: &str, which: impl Fn(&Value) -> bool) {
    if let Some(items) = of.get_mut(list).and_then(Value::as_array_mut) {
        items.retain(|item| which(item));
    }
}
