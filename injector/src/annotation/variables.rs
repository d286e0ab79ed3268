//! `coffer.dev/env`: `KEY`, `VARIABLE=KEY`, `VARIABLE=KEY#FIELD`, several of them, or `*`.

use std::collections::BTreeSet;

use coffer_domain::envfile::is_variable_name;

use super::{ENV, MOST_ENTRIES, secret_name};
use crate::{
    denied::{Denied, quoted},
    wish::{Variable, Variables},
};

/// Parses the whole value. Items are separated by commas or line ends; empty ones are skipped, so a
/// YAML block or a trailing comma is fine.
pub(super) fn parse(value: &str) -> Result<Variables, Denied> {
    let items: Vec<&str> = value
        .split([',', '\n'])
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .collect();
    if items.contains(&"*") {
        return if items.len() == 1 {
            Ok(Variables::All)
        } else {
            Err(star_with_others())
        };
    }
    if items.len() > MOST_ENTRIES {
        let problem = format!("{} variables are too many", items.len());
        return Err(Denied::new(ENV, problem, format!("name at most {MOST_ENTRIES}")));
    }
    let variables = items.into_iter().map(variable).collect::<Result<Vec<_>, _>>()?;
    let mut seen = BTreeSet::new();
    match variables.iter().find(|variable| !seen.insert(&variable.name)) {
        Some(twice) => Err(Denied::new(
            ENV,
            format!("variable {} stands twice", twice.name),
            "name each once",
        )),
        None => Ok(Variables::Named(variables)),
    }
}

fn star_with_others() -> Denied {
    Denied::new(
        ENV,
        "\"*\" stands beside other items",
        "write \"*\" alone, or names without it",
    )
}

fn variable(item: &str) -> Result<Variable, Denied> {
    let (name, secret) = item
        .split_once('=')
        .map_or((item, item), |(name, key)| (name.trim_end(), key.trim_start()));
    let (secret, field) = secret
        .split_once('#')
        .map_or((secret, None), |(key, field)| (key, Some(field)));
    let secret = secret_name(ENV, secret)?;
    if field.is_some_and(|field| field.is_empty() || field.len() > LONGEST_NAME) {
        return Err(Denied::new(
            ENV,
            format!("{} names no member after #", quoted(item)),
            "write VARIABLE=KEY#FIELD",
        ));
    }
    if is_variable_name(name) && name.len() <= LONGEST_NAME {
        return Ok(Variable {
            name: name.to_owned(),
            secret,
            field: field.map(str::to_owned),
        });
    }
    let fix = if item.contains('=') {
        "write VARIABLE=KEY with a VARIABLE of letters, digits and '_', not starting with a digit".to_owned()
    } else {
        format!("give it one: VARIABLE={secret}")
    };
    Err(Denied::new(
        ENV,
        format!("{} cannot be a variable's name", quoted(name)),
        fix,
    ))
}

/// The longest variable name: it also names a file.
const LONGEST_NAME: usize = 255;
