//! From settings and values to what goes where. Pure: it decides everything before anything is touched, so
//! that a set of values is put in place whole or not at all.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use coffer_wire::{AckEntry, Delivered, Delivery, SecretValue, envfile, field};
use thiserror::Error;

use crate::place::EntryName;
use crate::settings::{Chosen, ChosenVariable, FileSettings, Settings, Source};

/// What goes where.
#[derive(Debug)]
pub struct Plan {
    /// For the directory of the variables.
    pub variables: Variables,
    /// Sets of files, by directory.
    pub directories: BTreeMap<PathBuf, Vec<PlannedFile>>,
    /// What is then in place.
    pub versions: Vec<AckEntry>,
}

/// Variables in the form of their delivery.
#[derive(Debug)]
pub enum Variables {
    /// Env files: name, content.
    EnvFiles(Vec<(EntryName, SecretValue)>),
    /// The wrapper's `environment`: NUL-separated `NAME=value`.
    Environment(SecretValue),
}

/// One file.
#[derive(Debug)]
pub struct PlannedFile {
    /// Its name.
    pub name: EntryName,
    /// Its permission bits.
    pub mode: u32,
    /// What it holds.
    pub content: SecretValue,
}

/// Why values cannot be put in place. The words name keys and ways out, never a value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Obstacle {
    /// Asked for, and not there.
    #[error(
        "secret {0:?} does not exist in this vault's environment: create it, or correct the annotation that names it"
    )]
    Missing(String),
    /// A value that the delivery of its variable would alter.
    #[error(
        "secret {secret:?} cannot be variable {variable}: {why}: {}",
        envfile::WAYS_OUT
    )]
    Unfit {
        /// The variable.
        variable: String,
        /// Its secret.
        secret: String,
        /// The rule.
        why: envfile::Unfit,
    },
    /// A value that no variable of any delivery can hold.
    #[error(
        "secret {secret:?} cannot be variable {variable}: it contains a NUL byte: deliver it as a file (coffer.dev/file.<name>)"
    )]
    Nul {
        /// The variable.
        variable: String,
        /// Its secret.
        secret: String,
    },
    /// A secret that does not have the member asked for.
    #[error("variable {variable}: secret {secret:?}: {why}")]
    Field {
        /// The variable.
        variable: String,
        /// Its secret.
        secret: String,
        /// What the value is not, or has not.
        why: String,
    },
    /// A template that does not render.
    #[error("file {file:?}: template: {why}")]
    Template {
        /// The file.
        file: String,
        /// Where and why.
        why: String,
    },
}

type Secrets = BTreeMap<String, Delivered>;

/// Decides what goes where.
pub fn plan(settings: &Settings, secrets: &Secrets) -> Result<Plan, Obstacle> {
    let mut used = BTreeSet::new();
    let variables = variables(settings, secrets, &mut used)?;
    let mut directories = BTreeMap::new();
    for (path, files) in &settings.directories {
        let planned: Result<_, _> = files.iter().map(|f| file(f, secrets, &mut used)).collect();
        directories.insert(path.clone(), planned?);
    }
    let versions = used
        .into_iter()
        .filter_map(|name| {
            secrets.get(name).map(|s| AckEntry {
                name: name.to_owned(),
                version: s.version,
            })
        })
        .collect();
    Ok(Plan {
        variables,
        directories,
        versions,
    })
}

/// A variable about to be delivered: its name, its secret's name, its value.
type Variable<'a> = (EntryName, &'a str, Cow<'a, SecretValue>);

fn variables<'a>(
    settings: &'a Settings,
    secrets: &'a Secrets,
    used: &mut BTreeSet<&'a str>,
) -> Result<Variables, Obstacle> {
    let chosen = choose(&settings.variables, secrets)?;
    used.extend(chosen.iter().map(|(_, secret, _)| *secret));
    match settings.delivery {
        Delivery::EnvFile => chosen
            .into_iter()
            .map(env_file)
            .collect::<Result<_, _>>()
            .map(Variables::EnvFiles),
        Delivery::Exec => environment(&chosen).map(Variables::Environment),
    }
}

fn choose<'a>(chosen: &'a Chosen, secrets: &'a Secrets) -> Result<Vec<Variable<'a>>, Obstacle> {
    let named = match chosen {
        Chosen::Named(named) => named,
        Chosen::All => return Ok(secrets.iter().filter_map(every).collect()),
    };
    named.iter().map(|variable| one(variable, secrets)).collect()
}

/// A variable by its name: a secret, or a member of one.
fn one<'a>(variable: &'a ChosenVariable, secrets: &'a Secrets) -> Result<Variable<'a>, Obstacle> {
    let whole = &get(secrets, &variable.secret)?.value;
    let value = match &variable.field {
        None => Cow::Borrowed(whole),
        Some(key) => Cow::Owned(field(whole, key).map_err(|why| Obstacle::Field {
            variable: variable.name.as_str().to_owned(),
            secret: variable.secret.clone(),
            why,
        })?),
    };
    Ok((variable.name.clone(), &variable.secret, value))
}

/// A secret under its own name, if that can be a variable's.
fn every<'a>((name, secret): (&'a String, &'a Delivered)) -> Option<Variable<'a>> {
    let entry = EntryName::parse(name)
        .ok()
        .filter(|_| envfile::is_variable_name(name))?;
    Some((entry, name, Cow::Borrowed(&secret.value)))
}

fn get<'a>(secrets: &'a Secrets, name: &str) -> Result<&'a Delivered, Obstacle> {
    secrets
        .get(name)
        .ok_or_else(|| Obstacle::Missing(name.to_owned()))
}

fn env_file((name, secret, value): Variable<'_>) -> Result<(EntryName, SecretValue), Obstacle> {
    let variable = name.as_str();
    match envfile::check(variable, &value) {
        Ok(()) => {
            let content = envfile::render(variable, &value);
            Ok((name, content))
        }
        Err(why) => Err(Obstacle::Unfit {
            variable: variable.to_owned(),
            secret: secret.to_owned(),
            why,
        }),
    }
}

fn environment(chosen: &[Variable<'_>]) -> Result<SecretValue, Obstacle> {
    let size = chosen
        .iter()
        .map(|(name, _, value)| name.as_str().len() + value.len() + 2)
        .sum();
    let mut bytes = Vec::with_capacity(size);
    for (name, secret, value) in chosen {
        if value.reveal().contains(&0) {
            return Err(Obstacle::Nul {
                variable: name.as_str().to_owned(),
                secret: (*secret).to_owned(),
            });
        }
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.push(b'=');
        bytes.extend_from_slice(value.reveal());
        bytes.push(0);
    }
    Ok(SecretValue::new(bytes))
}

fn file<'a>(
    file: &'a FileSettings,
    secrets: &'a Secrets,
    used: &mut BTreeSet<&'a str>,
) -> Result<PlannedFile, Obstacle> {
    let content = match &file.source {
        Source::Secret(name) => {
            used.insert(name);
            get(secrets, name)?.value.clone()
        }
        Source::Template(template) => {
            let mut values = BTreeMap::new();
            for name in template.names() {
                values.insert(name.clone(), get(secrets, name)?.value.clone());
                used.insert(name);
            }
            template.render(&values).map_err(|why| Obstacle::Template {
                file: file.name.as_str().to_owned(),
                why: why.to_string(),
            })?
        }
    };
    Ok(PlannedFile {
        name: file.name.clone(),
        mode: file.mode,
        content,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings(variables: &serde_json::Value, template: &str) -> Settings {
        let json = json!({
            "server": "https://coffer", "trust": "", "organization": "o", "vault": "v", "environment": "e",
            "tokenFile": "/token", "stateDir": "/state", "variables": variables,
            "files": [{"dir": "/files", "name": "f", "mode": 0o444, "content": {"template": template}}],
        });
        Settings::parse(&json.to_string()).unwrap()
    }

    fn env_files() -> serde_json::Value {
        json!({"delivery": "env-file", "dir": "/env", "selection": {"named": {"A": "a"}}})
    }

    fn everything() -> serde_json::Value {
        json!({"delivery": "exec", "dir": "/env", "selection": "all"})
    }

    fn secrets(list: &[(&str, &str)]) -> Secrets {
        let delivered = |value: &str| Delivered {
            version: 7,
            value: value.into(),
        };
        list.iter()
            .map(|(name, value)| ((*name).to_owned(), delivered(value)))
            .collect()
    }

    fn acknowledged(plan: &Plan) -> Vec<&str> {
        plan.versions.iter().map(|entry| entry.name.as_str()).collect()
    }

    #[test]
    fn only_what_is_put_in_place_is_acknowledged() {
        let given = secrets(&[("a", "1"), ("b", "2"), ("not used", "3")]);
        let plan = plan(&settings(&env_files(), "{{ b }}"), &given).unwrap();
        assert_eq!(acknowledged(&plan), ["a", "b"]);
        assert_eq!(plan.versions[0].version, 7);
    }

    #[test]
    fn a_variable_holds_the_member_that_was_asked_for() {
        let mut spec = env_files();
        spec["fields"] = json!({"A": "password"});
        let settings = settings(&spec, "");
        let given = secrets(&[("a", r#"{"password": "p", "quote": "'"}"#)]);
        let plan_ = plan(&settings, &given).unwrap();
        assert_eq!(acknowledged(&plan_), ["a"]);
        let Variables::EnvFiles(files) = &plan_.variables else {
            panic!("the delivery is env files")
        };
        assert_eq!(files[0].1.reveal(), b"A='p'\n");
        for (value, expected) in [
            ("hush", "variable A: secret \"a\": the value is not JSON"),
            (
                "{}",
                "variable A: secret \"a\": the JSON object has no member \"password\"",
            ),
        ] {
            let obstacle = plan(&settings, &secrets(&[("a", value)])).unwrap_err();
            assert_eq!(obstacle.to_string(), expected);
        }
    }

    #[test]
    fn all_means_all_that_can_be_variables() {
        let given = secrets(&[("A", "1"), ("app/b", "2"), ("c-d", "3"), ("E", "")]);
        let plan = plan(&settings(&everything(), ""), &given).unwrap();
        assert_eq!(acknowledged(&plan), ["A", "E"]);
        let Variables::Environment(environment) = &plan.variables else {
            panic!("the delivery is exec")
        };
        assert_eq!(environment.reveal(), b"A=1\0E=\0");
    }

    #[test]
    fn every_obstacle_names_its_key_and_shows_no_value() {
        for (variables, template, value, expected) in [
            (
                env_files(),
                "{{ b }}",
                "1",
                "secret \"b\" does not exist in this vault's environment: create it, or correct the annotation that names it",
            ),
            (
                env_files(),
                "",
                "hush'",
                "secret \"a\" cannot be variable A: it contains a single quote: change the value, deliver it as a file (coffer.dev/file.<name>), or use coffer.dev/mode: exec",
            ),
            (
                env_files(),
                "{{ a | field('k') }}",
                "hush",
                "file \"f\": template: line 1: secret \"a\": filter field: the value is not JSON",
            ),
        ] {
            let obstacle = plan(&settings(&variables, template), &secrets(&[("a", value)])).unwrap_err();
            assert_eq!(obstacle.to_string(), expected);
        }
        let nul = secrets(&[("A", "hush\0")]);
        assert_eq!(
            plan(&settings(&everything(), ""), &nul).unwrap_err().to_string(),
            "secret \"A\" cannot be variable A: it contains a NUL byte: deliver it as a file (coffer.dev/file.<name>)"
        );
    }

    #[test]
    fn a_plan_prints_no_value() {
        let plan = plan(&settings(&env_files(), "{{ a }}"), &secrets(&[("a", "hush")])).unwrap();
        assert!(!format!("{plan:?}").contains("hush"));
    }
}
