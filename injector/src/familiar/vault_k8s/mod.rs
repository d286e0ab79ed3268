//! The annotations of vault-k8s (`vault.hashicorp.com/`), put into our own words: annotations in, annotations out. What
//! cannot be said exactly is refused, or told of by its name. The result is parsed like what an author wrote.

mod keys;
mod signal;
mod template;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use coffer_crds::yaml;
use coffer_domain::{
    name::{EnvName, OrgName, VaultName},
    template::string,
};
use serde_json::json;

use super::{
    reference::{Foreign, Reference, Scheme, segments},
    rule::{Ground, Target, target},
};
use crate::{
    annotation::{CONTAINERS, ENVIRONMENT, FILE, INJECT, ON_CHANGE, SIGNAL, VAULT},
    denied::{Denied, quoted},
};
use keys::{Fate, fate};

/// What all of them start with.
pub const PREFIX: &str = "vault.hashicorp.com/";
/// Written back, so that tools that look for it go on.
pub const STATUS: &str = "vault.hashicorp.com/agent-inject-status";
/// Asks for it.
pub const SWITCH: &str = "vault.hashicorp.com/agent-inject";
const DEFAULT_DIRECTORY: &str = "/vault/secrets";
/// As Vault's agent writes its files.
const DEFAULT_MODE: &str = "0644";

/// Annotations by their whole names.
pub type Annotations<'a> = BTreeMap<&'a str, &'a str>;

/// The same in our words.
#[derive(Debug, Default)]
pub struct Translated {
    /// Our annotations.
    pub annotations: BTreeMap<String, String>,
    /// What was left out or differs.
    pub warnings: Vec<String>,
}

/// Whether the pod asks for vault-k8s, and was not served by it.
pub fn opted_in(switch: Option<&str>, status: Option<&str>) -> Result<bool, Denied> {
    match switch {
        None | Some("false" | "0" | "f" | "F" | "FALSE" | "False") => Ok(false),
        Some("true" | "1" | "t" | "T" | "TRUE" | "True") => Ok(status != Some("injected")),
        Some(other) => Err(Denied::new(
            SWITCH,
            format!("{} is neither \"true\" nor \"false\"", quoted(other)),
            "write \"true\" to have secrets injected",
        )),
    }
}

/// Translates all of them; `ground.vault` is the vault that the pod names by our own annotation, if it does.
pub fn translate(annotations: &Annotations<'_>, ground: Ground<'_>) -> Result<Translated, Denied> {
    let given = Given::of(annotations)?;
    let place = RefCell::new(None);
    let lookup = Lookup {
        ground,
        place: &place,
    };
    let mut out = Translated {
        warnings: given.warnings(),
        ..Translated::default()
    };
    for name in given.files() {
        let value = given.file(name, &lookup, &mut out.warnings)?;
        out.annotations.insert(format!("{FILE}{name}"), value);
    }
    given.signal(&mut out.annotations)?;
    if let Some(containers) = given.get("agent-inject-containers") {
        out.annotations
            .insert(CONTAINERS.to_owned(), containers.to_owned());
    }
    out.annotations.insert(INJECT.to_owned(), "true".to_owned());
    if let Some(((organization, vault), environment)) = place.into_inner() {
        let own = organization.as_str() == ground.reader.namespace;
        let named = if own {
            vault.to_string()
        } else {
            format!("{organization}/{vault}")
        };
        out.annotations.insert(VAULT.to_owned(), named);
        let environment = environment.map(|environment| (ENVIRONMENT.to_owned(), environment.to_string()));
        out.annotations.extend(environment);
    }
    Ok(out)
}

/// The annotations without the prefix, each known and none that has to be refused.
struct Given<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Given<'a> {
    fn of(annotations: &Annotations<'a>) -> Result<Self, Denied> {
        let ours = annotations
            .iter()
            .filter_map(|(key, value)| Some((key.strip_prefix(PREFIX)?, *value)));
        let given = Self(ours.collect());
        for (key, value) in &given.0 {
            // A switch that is off asks for nothing.
            if let (Some(Fate::Refused(fix)), false) = (fate(key), *value == "false") {
                return Err(Denied::new(format!("{PREFIX}{key}"), "it is not translated", fix));
            }
        }
        Ok(given)
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        self.0.get(key).copied().filter(|value| !value.is_empty())
    }

    /// Of a file, or of all.
    fn get_for(&self, key: &str, name: &str) -> Option<&'a str> {
        self.get(&format!("{key}-{name}")).or_else(|| self.get(key))
    }

    /// One line for each reason, with the names that it is of.
    fn warnings(&self) -> Vec<String> {
        let mut by_reason: BTreeMap<(bool, &str), Vec<&str>> = BTreeMap::new();
        for key in self.0.keys() {
            let (denied, reason) = match fate(key) {
                Some(Fate::Translated | Fate::Refused(_)) => continue,
                Some(Fate::Idle(reason)) => (false, reason),
                Some(Fate::Denied(reason)) => (true, reason),
                None => (true, "there is no such annotation"),
            };
            by_reason.entry((!denied, reason)).or_default().push(key);
        }
        let line = |((idle, reason), keys): ((bool, &str), Vec<&str>)| {
            let word = if idle { "no effect" } else { "ignored" };
            format!("{PREFIX}{}: {word}: {reason}", keys.join(", "))
        };
        by_reason.into_iter().map(line).collect()
    }

    /// The names of the files asked for.
    fn files(&self) -> BTreeSet<&'a str> {
        let starts = ["agent-inject-secret-", "agent-inject-template-"];
        let name = |key: &&'a str| starts.iter().find_map(|start| key.strip_prefix(start));
        self.0.keys().filter_map(name).collect()
    }

    /// The value of our annotation for one file.
    fn file(&self, name: &str, lookup: &Lookup<'_>, warnings: &mut Vec<String>) -> Result<String, Denied> {
        let template = match self.get(&format!("agent-inject-template-{name}")) {
            Some(source) => {
                let about = format!("{PREFIX}agent-inject-template-{name}");
                template::translate(source, lookup).map_err(|what| {
                    let fix = format!("write it as {FILE}{name}, in our own language (docs/TEMPLATES.md)");
                    Denied::new(about, format!("there is no translation of it: {what}"), fix)
                })?
            }
            None => self.by_default(name, lookup, warnings)?,
        };
        let own = format!("agent-inject-file-{name}");
        let lower = self.get_for("preserve-secret-case", name) != Some("true");
        let called = match self.get(&own) {
            Some(own) => own.to_owned(),
            None if lower => name.to_lowercase(),
            None => name.to_owned(),
        };
        let directory = self
            .get_for("secret-volume-path", name)
            .unwrap_or(DEFAULT_DIRECTORY);
        let path = format!(
            "{}/{}",
            directory.trim_end_matches('/'),
            called.trim_start_matches('/')
        );
        let mode = self
            .get(&format!("agent-inject-perms-{name}"))
            .unwrap_or(DEFAULT_MODE);
        let value = yaml::document(&json!({ "path": path, "mode": mode, "template": template }));
        Ok(value.trim_end().to_owned())
    }

    /// What there is without a template: all members of the secret.
    fn by_default(
        &self,
        name: &str,
        lookup: &Lookup<'_>,
        warnings: &mut Vec<String>,
    ) -> Result<String, Denied> {
        let key = format!("agent-inject-secret-{name}");
        let about = format!("{PREFIX}{key}");
        let path = self.get(&key).unwrap_or_default();
        let refused = |problem: String| {
            let fix = format!("add {PREFIX}agent-inject-template-{name}, or write {FILE}{name}");
            Denied::new(&about, problem, fix)
        };
        let whole = template::Lookup::whole(lookup, path).map_err(refused)?;
        let second = path.split('/').nth(1) == Some("data");
        let json = self.get("agent-inject-default-template") == Some("json");
        if second {
            let form = if json {
                "without metadata"
            } else {
                "one member a line, and no metadata"
            };
            warnings.push(format!(
                "{about}: without a template, the file holds the secret {form}"
            ));
        }
        Ok(match (json, second) {
            (true, true) => format!("{{\"data\":{{{{ {whole} }}}}}}"),
            (true, false) => format!("{{{{ {whole} }}}}"),
            (false, _) => format!("{{{{ {whole} | each({}) }}}}", string("{key}: {value}\n")),
        })
    }

    /// Commands, as far as they are signals.
    fn signal(&self, out: &mut BTreeMap<String, String>) -> Result<(), Denied> {
        let mut first: Option<String> = None;
        for (key, command) in &self.0 {
            if !key.starts_with("agent-inject-command-") {
                continue;
            }
            let refused = |problem: &str| {
                Err(Denied::new(
                    format!("{PREFIX}{key}"),
                    problem,
                    format!("write a signal, such as kill -HUP $(pidof nginx), or {ON_CHANGE}: restart"),
                ))
            };
            match (signal::of(command), &first) {
                (None, _) => return refused("no command is run; only signals are sent"),
                (Some(one), Some(other)) if one != *other => {
                    return refused("it is another signal than that of another file");
                }
                (Some(one), _) => first = Some(one),
            }
        }
        if let Some(signal) = first {
            out.insert(ON_CHANGE.to_owned(), "signal".to_owned());
            out.insert(SIGNAL.to_owned(), signal);
        }
        Ok(())
    }
}

type Place = ((OrgName, VaultName), Option<EnvName>);

/// Paths and keys by the tables of the vaults, all in one place.
struct Lookup<'l> {
    ground: Ground<'l>,
    place: &'l RefCell<Option<Place>>,
}

impl Lookup<'_> {
    fn target(&self, path: &str, key: &str) -> Result<Target, String> {
        let said = |fault: super::reference::Fault| format!("{}; {}", fault.problem, fault.fix);
        let path = segments(path.trim_matches('/')).map_err(said)?;
        let foreign = Foreign {
            scheme: Scheme::Vault,
            path,
            key: key.to_owned(),
        };
        let target = target(&Reference::Foreign(foreign), self.ground).map_err(said)?;
        let place = (
            (target.organization.clone(), target.vault.clone()),
            target.environment.clone(),
        );
        let mut first = self.place.borrow_mut();
        match first.as_mut() {
            None => *first = Some(place),
            Some((vault, _)) if *vault != place.0 => {
                return Err(format!(
                    "it is of Vault {}, and another of {}: a pod reads one",
                    target.vault, vault.1
                ));
            }
            Some((_, environment))
                if environment.is_some() && place.1.is_some() && *environment != place.1 =>
            {
                return Err("it is of another environment than another one: a pod reads one".to_owned());
            }
            Some((_, environment)) => *environment = environment.take().or(place.1),
        }
        Ok(target)
    }
}

impl template::Lookup for Lookup<'_> {
    fn key(&self, path: &str, key: &str) -> Result<String, String> {
        let target = self.target(path, key)?;
        let secret = string(target.secret.as_str());
        Ok(match target.field {
            Some(field) => format!("secrets[{secret}] | field({})", string(&field)),
            None => format!("secrets[{secret}]"),
        })
    }

    fn whole(&self, path: &str) -> Result<String, String> {
        // Any key will do where the secret is a whole.
        let target = self.target(path, "key")?;
        match target.field {
            Some(_) => Ok(format!("secrets[{}]", string(target.secret.as_str()))),
            None => Err("its keys are secrets of their own here, by spec.references of the Vault".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
