//! References that people already have, in the values of variables: `coffer://…`, `vault:path#key`,
//! `op://vault/item/field`, written in `env`, or brought by a `ConfigMap`. Each becomes what `coffer.dev/env` makes of a
//! name. It reads texts and names, never a value; where `ConfigMap`s are read is [`config_map`], and only there.

pub mod config_map;
pub mod reference;
pub mod rule;
pub mod scan;
pub mod vault_k8s;

use coffer_domain::name::{EnvName, OrgName, VaultName};

pub use config_map::ConfigMaps;

use crate::{
    annotation::{Asked, ENVIRONMENT, LITERALS, MOST_ENTRIES},
    denied::Denied,
    familiar::{
        rule::{Ground, Target, target},
        scan::Found,
    },
    pod::Chosen,
    view::Pod,
    wish::Referred,
};

/// The references of a pod, and the place that all of them lead to.
#[derive(Debug, Default)]
pub struct References {
    /// The vault, and the environment if one of them says it; `None` if there are none.
    pub place: Option<((OrgName, VaultName), Option<EnvName>)>,
    /// Each with what it stands for.
    pub variables: Vec<Referred>,
    /// What the author should know.
    pub warnings: Vec<String>,
}

/// Finds the references in the chosen containers.
///
/// # Errors
/// One that cannot be what its author means, with the container, the variable and the way out.
pub fn resolve(
    pod: &Pod<'_>,
    chosen: &[Chosen<'_>],
    asked: &Asked,
    ground: Ground<'_>,
    config_maps: &ConfigMaps,
) -> Result<References, Denied> {
    let scan::Scanned { found, warnings } = scan::pod(pod, chosen, &asked.literals, config_maps)?;
    let mut references = References {
        warnings,
        ..References::default()
    };
    if found.len() > MOST_ENTRIES {
        let problem = format!("{} references are too many", found.len());
        return Err(Denied::new(
            "spec.containers",
            problem,
            format!("use at most {MOST_ENTRIES}"),
        ));
    }
    for one in found {
        let about = one.about();
        let target = target(&one.reference, ground)
            .map_err(|fault| Denied::new(&about, fault.problem, with_literals(&fault.fix, &one.variable)))?;
        references.place = Some(merged(references.place.take(), &target, asked, &about)?);
        references.variables.push(referred(one, target));
    }
    Ok(references)
}

fn referred(found: Found, target: Target) -> Referred {
    Referred {
        place: found.place,
        container: found.container,
        name: found.variable,
        at: found.at,
        secret: target.secret,
        field: target.field,
    }
}

/// A pod reads one environment of one vault.
fn merged(
    place: Option<((OrgName, VaultName), Option<EnvName>)>,
    target: &Target,
    asked: &Asked,
    about: &str,
) -> Result<((OrgName, VaultName), Option<EnvName>), Denied> {
    let vault = (target.organization.clone(), target.vault.clone());
    let (first, environment) = place.unwrap_or_else(|| (vault.clone(), asked.environment.clone()));
    if first != vault {
        let problem = format!(
            "it is of Vault {}/{}, and an earlier one of {}/{}",
            vault.0, vault.1, first.0, first.1
        );
        return Err(Denied::new(about, problem, "refer to one vault: a pod reads one"));
    }
    match (&environment, &target.environment) {
        (Some(one), Some(other)) if one != other => {
            let problem = format!("it is of environment {other}, and the pod's is {one}");
            let fix = format!("refer to one environment, that of {ENVIRONMENT} if it is written");
            Err(Denied::new(about, problem, fix))
        }
        _ => Ok((first, environment.or_else(|| target.environment.clone()))),
    }
}

/// The way out of being taken for a reference, after the other one.
fn with_literals(fix: &str, variable: &str) -> String {
    format!("{fix}; if it is no reference: {LITERALS}: {variable}")
}

#[cfg(test)]
mod tests;
