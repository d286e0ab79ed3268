//! Variables: which ones a pod gets, whether a container has them already, and their `fileKeyRef`s.

use coffer_domain::{envfile::is_variable_name, name::SecretName};
use k8s_openapi::api::core::v1::{EnvVar, EnvVarSource, FileKeySelector};

use super::{Chosen, volumes};
use crate::{
    annotation::{ENV, MODE, MOST_ENTRIES},
    denied::Denied,
    wish::{Variable, Variables},
};

/// Where the agent writes the env files. Nobody else mounts the volume: kubelet reads it from outside.
pub const AGENT_DIRECTORY: &str = "/run/coffer/env";

/// The variables to declare in the containers, and whether the author named each.
#[derive(Debug)]
pub struct Resolved {
    /// Variable and secret, in the author's order, or in that of their names for `*`.
    pub variables: Vec<Variable>,
    /// Whether the author wrote them out.
    pub explicit: bool,
    /// What `*` left out, and why.
    pub warnings: Vec<String>,
}

/// Turns `*` into the names that are known, since kubelet must be told each.
pub fn resolve<'k>(asked: &Variables, known: impl Iterator<Item = &'k str>) -> Result<Resolved, Denied> {
    match asked {
        Variables::Named(variables) => Ok(Resolved {
            variables: variables.clone(),
            explicit: true,
            warnings: Vec::new(),
        }),
        Variables::All => all(known),
    }
}

/// The variables that the wrapper will set, to see that no container has them; `*` is the agent's to
/// resolve, when the container starts.
pub fn resolve_for_exec(asked: &Variables) -> Resolved {
    let variables = if let Variables::Named(named) = asked {
        named.clone()
    } else {
        Vec::new()
    };
    Resolved {
        variables,
        explicit: true,
        warnings: Vec::new(),
    }
}

fn all<'k>(known: impl Iterator<Item = &'k str>) -> Result<Resolved, Denied> {
    let (fit, unfit): (Vec<&str>, Vec<&str>) =
        known.partition(|name| is_variable_name(name) && name.len() <= 255);
    let refuse = |problem: &str| {
        let fix = format!("name the variables, or use {MODE}: exec");
        Err(Denied::new(ENV, problem, fix))
    };
    if fit.is_empty() {
        return refuse(
            "\"*\" stands for the keys of VaultSecrets that this pod may read, and none is known that can be a variable",
        );
    }
    if fit.len() > MOST_ENTRIES {
        return refuse(&format!(
            "\"*\" stands for {} keys here, and {MOST_ENTRIES} is the most",
            fit.len()
        ));
    }
    let warnings = if unfit.is_empty() {
        Vec::new()
    } else {
        vec![format!(
            "{ENV}: left out of \"*\", since a variable cannot be called so: {}",
            listed(&unfit)
        )]
    };
    let variable = |name: &str| {
        SecretName::new(name).ok().map(|secret| Variable {
            name: name.to_owned(),
            secret,
            field: None,
        })
    };
    Ok(Resolved {
        variables: fit.into_iter().filter_map(variable).collect(),
        explicit: false,
        warnings,
    })
}

/// A few of `names`; the API server cuts a warning at 256 characters.
fn listed(names: &[&str]) -> String {
    match names {
        [a, b, c, rest @ ..] if !rest.is_empty() => format!("{a}, {b}, {c} and {} more", rest.len()),
        few => few.join(", "),
    }
}

impl Resolved {
    /// The variables that go into `chosen`, with a warning for each that it has already.
    ///
    /// # Errors
    /// A variable that the author asked for by name and set by hand as well: one of both is a mistake.
    pub fn fitting(&self, chosen: &Chosen<'_>, warnings: &mut Vec<String>) -> Result<Vec<&Variable>, Denied> {
        let (taken, free): (Vec<&Variable>, Vec<&Variable>) = self
            .variables
            .iter()
            .partition(|variable| chosen.container.has_variable(&variable.name));
        match taken.first() {
            Some(first) if self.explicit => {
                let problem = format!("container {} already sets variable {}", chosen.name(), first.name);
                Err(Denied::new(
                    ENV,
                    problem,
                    "remove it from the container's env, or from the annotation",
                ))
            }
            Some(_) => {
                let names: Vec<&str> = taken.iter().map(|variable| variable.name.as_str()).collect();
                warnings.push(format!(
                    "{ENV}: container {} keeps its own {}",
                    chosen.name(),
                    listed(&names)
                ));
                Ok(free)
            }
            None => Ok(free),
        }
    }
}

/// A variable that kubelet reads from the file the agent wrote, as `slot`.
pub fn file_key_ref(name: &str, slot: &str) -> EnvVar {
    let selector = FileKeySelector {
        volume_name: volumes::ENV.to_owned(),
        path: slot.to_owned(),
        key: slot.to_owned(),
        optional: None,
    };
    EnvVar {
        name: name.to_owned(),
        value_from: Some(EnvVarSource {
            file_key_ref: Some(selector),
            ..EnvVarSource::default()
        }),
        ..EnvVar::default()
    }
}
