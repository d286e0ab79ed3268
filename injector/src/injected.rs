//! Reads an injected pod back: what its agent was told, and the pod as its author wrote it. The way back of
//! [`crate::decide`], for who explains a decision later. It decides nothing.

use coffer_wire::{AgentConfig, CONFIG_VARIABLE, Content, Delivery, Selection};
use serde_json::{Value, json};

use crate::{
    annotation::{self, ENV, INJECTED_LABEL, STATUS},
    familiar::vault_k8s,
    pod::{agent, exec, volumes},
    wish::Variables,
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

/// The pod without what the injector added. Lists that it had to make are left empty, and variables that were set to
/// references are set to them again, in our own form.
pub fn original(pod: &Value) -> Value {
    let references = References::of(pod);
    let mut pod = pod.clone();
    for (map, key) in [
        ("annotations", STATUS),
        ("annotations", vault_k8s::STATUS),
        ("labels", INJECTED_LABEL),
    ] {
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
        all.into_iter().flatten().for_each(|it| strip(it, &references));
    }
    pod
}

/// What the agent was told of variables that no annotation asks for: they were set to references.
struct References {
    config: Option<AgentConfig>,
    has_annotation: bool,
    declared: Variables,
}

impl References {
    fn of(pod: &Value) -> Self {
        let annotation = pod["metadata"]["annotations"][ENV].as_str();
        Self {
            config: carried(pod).ok().flatten().map(|carried| carried.config),
            has_annotation: annotation.is_some(),
            declared: annotation::declared(annotation),
        }
    }

    /// What the variable, written as `slot`, was set to; `None`: an annotation asks for it.
    fn text(&self, name: &str, slot: &str) -> Option<String> {
        let config = self.config.as_ref()?;
        let Selection::Named(named) = &config.variables.selection else {
            return None;
        };
        let secret = named.get(slot)?;
        let field = config.variables.fields.get(slot);
        let is_declared = match &self.declared {
            Variables::All => name == secret && field.is_none(),
            Variables::Named(all) => all.iter().any(|it| it.name == name && slot == name),
        };
        let (organization, vault, environment) = (&config.organization, &config.vault, &config.environment);
        let whole = format!("coffer://{organization}/{vault}/{environment}/{secret}");
        (!is_declared).then(|| field.map_or(whole.clone(), |field| format!("{whole}#{field}")))
    }

    /// Those that were taken out of the wrapper's way.
    fn removed(&self) -> Vec<Value> {
        let variables = self.config.as_ref().map(|config| &config.variables);
        let variables = variables.filter(|it| it.delivery == Delivery::Exec);
        let Some(Selection::Named(named)) = variables.map(|it| &it.selection) else {
            return Vec::new();
        };
        let one = |name: &String| Some(json!({ "name": name, "value": self.text(name, name)? }));
        named.keys().filter_map(one).collect()
    }
}

fn strip(container: &mut Value, references: &References) {
    keep(container, "volumeMounts", |it| !is_ours(it));
    if let Some(env) = container.get_mut("env").and_then(Value::as_array_mut) {
        // Those that an annotation asks for stand in front: one that asks no more may have asked for these.
        let mut in_front = references.has_annotation;
        env.retain_mut(|it| {
            in_front &= it["valueFrom"]["fileKeyRef"]["volumeName"] == volumes::ENV;
            restore(it, references, in_front)
        });
    }
    let Some(command) = container.get_mut("command").and_then(Value::as_array_mut) else {
        return;
    };
    let words = exec::prefix_words();
    if command.len() >= words.len() && command.iter().zip(&words).all(|(word, ours)| word == ours) {
        command.drain(..words.len());
        let removed = references.removed();
        if let Some(env) = container.get_mut("env").and_then(Value::as_array_mut) {
            env.extend(removed);
        }
    }
}

/// Whether an entry of `env` is the author's, put back to what they wrote.
fn restore(entry: &mut Value, references: &References, in_front: bool) -> bool {
    let from = &entry["valueFrom"]["fileKeyRef"];
    if from["volumeName"] != volumes::ENV {
        return true;
    }
    if in_front {
        return false;
    }
    let (name, slot) = (entry["name"].as_str(), from["path"].as_str());
    let text = name
        .zip(slot)
        .and_then(|(name, slot)| references.text(name, slot));
    let Some(text) = text else { return false };
    *entry = json!({ "name": entry["name"], "value": text });
    true
}

fn is_ours(named: &Value) -> bool {
    named["name"].as_str().is_some_and(volumes::is_reserved)
}

fn keep(of: &mut Value, list: &str, which: impl Fn(&Value) -> bool) {
    if let Some(items) = of.get_mut(list).and_then(Value::as_array_mut) {
        items.retain(|item| which(item));
    }
}
