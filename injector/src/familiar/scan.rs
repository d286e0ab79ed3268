//! Where references stand in a pod: in `env`, as text or out of a `ConfigMap`, and in what `envFrom` brings. What counts
//! is what kubelet would make of it: `env` before `envFrom`, the later of two in `envFrom`, keys behind the prefix.

use std::collections::BTreeMap;

use coffer_domain::envfile::is_variable_name;

use super::{
    ConfigMaps,
    config_map::Map,
    reference::{self, Reference},
    with_literals,
};
use crate::{
    annotation::Literals,
    denied::Denied,
    pod::Chosen,
    view::{Container, Place, Pod, Variable},
    wish::At,
};

/// A reference, and where it stands.
#[derive(Debug)]
pub struct Found {
    /// The container's place.
    pub place: Place,
    /// Its name.
    pub container: String,
    /// The variable.
    pub variable: String,
    /// Where the variable is set.
    pub at: At,
    /// The reference.
    pub reference: Reference,
}

impl Found {
    /// What a message about it begins with.
    pub fn about(&self) -> String {
        about(&self.container, &self.variable)
    }
}

/// What a message about a container's variable begins with.
pub fn about(container: &str, variable: &str) -> String {
    format!("container {container}, variable {variable}")
}

/// All of them.
#[derive(Debug, Default)]
pub struct Scanned {
    /// The references.
    pub found: Vec<Found>,
    /// What the author should know.
    pub warnings: Vec<String>,
}

/// Looks through a pod.
pub fn pod(
    pod: &Pod<'_>,
    chosen: &[Chosen<'_>],
    literals: &Literals,
    config_maps: &ConfigMaps,
) -> Result<Scanned, Denied> {
    let mut scanned = Scanned::default();
    for one in chosen {
        let scan = Scan {
            chosen: one,
            literals,
            config_maps,
        };
        scan.env(&mut scanned)?;
        scan.env_from(&mut scanned)?;
    }
    for (place, container) in pod.spec.all() {
        if !chosen.iter().any(|one| one.place == place) {
            scanned.warnings.extend(left(container, literals));
        }
    }
    Ok(scanned)
}

/// What a container keeps that is not among those chosen.
fn left(container: &Container<'_>, literals: &Literals) -> Option<String> {
    let is_reference = |variable: &&Variable<'_>| {
        let text = variable.value.as_ref().map_or("", |value| value.as_str());
        !literals.has(variable.name.as_str()) && reference::read(text).is_some()
    };
    let variable = container.env.iter().flatten().find(is_reference)?;
    Some(format!(
        "{}: it looks like a reference and stays as it is: nothing is injected into this container",
        about(container.name.as_str(), variable.name.as_str())
    ))
}

struct Scan<'s> {
    chosen: &'s Chosen<'s>,
    literals: &'s Literals,
    config_maps: &'s ConfigMaps,
}

impl Scan<'_> {
    fn env(&self, scanned: &mut Scanned) -> Result<(), Denied> {
        for (i, variable) in self.chosen.container.env.iter().flatten().enumerate() {
            let name = variable.name.as_str();
            if self.literals.has(name) {
                continue;
            }
            let text = match (&variable.value, variable.config_map_key()) {
                (Some(value), _) if !value.as_str().is_empty() => Some(value.as_str()),
                (_, Some(key)) => self.key(name, key)?,
                _ => None,
            };
            scanned.found.extend(self.found(name, text, At::Entry(i))?);
        }
        Ok(())
    }

    /// The text of `configMapKeyRef`.
    fn key(&self, variable: &str, key: &crate::view::KeyRef<'_>) -> Result<Option<&str>, Denied> {
        let (map, optional) = (
            key.name.as_ref().map_or("", |n| n.as_str()),
            key.optional == Some(true),
        );
        let Some(data) = self.map(&about(self.chosen.name(), variable), map, optional)? else {
            return Ok(None);
        };
        match data.get(key.key.as_str()) {
            Some(text) => Ok(text.as_deref()),
            None if optional => Ok(None),
            None => Err(Denied::new(
                about(self.chosen.name(), variable),
                format!("ConfigMap {map} has no key {}", key.key.as_str()),
                "write it first, or mark the reference as optional",
            )),
        }
    }

    /// What `envFrom` brings and `env` does not set.
    fn env_from(&self, scanned: &mut Scanned) -> Result<(), Denied> {
        let container = self.chosen.container;
        let mut brought: BTreeMap<String, Option<&str>> = BTreeMap::new();
        let mut before_a_secret: Vec<String> = Vec::new();
        for source in container.env_from.iter().flatten() {
            if source.secret_ref.is_some() {
                before_a_secret = brought.keys().cloned().collect();
            }
            let Some(wanted) = &source.config_map_ref else {
                continue;
            };
            let name = wanted.name.as_ref().map_or("", |name| name.as_str());
            let about = format!("container {}, envFrom", self.chosen.name());
            let prefix = source.prefix.as_ref().map_or("", |prefix| prefix.as_str());
            let data = self.map(&about, name, wanted.optional == Some(true))?;
            for (key, text) in data.into_iter().flatten() {
                let variable = format!("{prefix}{key}");
                before_a_secret.retain(|earlier| *earlier != variable);
                brought.insert(variable, text.as_deref());
            }
        }
        for (variable, text) in brought {
            if container.has_variable(&variable) || self.literals.has(&variable) {
                continue;
            }
            let found = self.found(&variable, text, At::EnvFrom)?;
            if found.is_some() && before_a_secret.contains(&variable) {
                scanned.warnings.push(format!(
                    "{}: a Secret after it in envFrom no longer wins, should it have that key",
                    about(self.chosen.name(), &variable)
                ));
            }
            scanned.found.extend(found);
        }
        Ok(())
    }

    /// A `ConfigMap`'s data; `None` if nothing is known of it, or there is nothing and need not be.
    fn map(
        &self,
        about: &str,
        name: &str,
        optional: bool,
    ) -> Result<Option<&BTreeMap<String, Option<String>>>, Denied> {
        match self.config_maps.get(name) {
            None => Ok(None),
            Some(Map::Data(data)) => Ok(Some(data)),
            Some(Map::Missing) if optional => Ok(None),
            Some(Map::Missing) => Err(Denied::new(
                about,
                format!("ConfigMap {name} does not exist yet, and may hold references"),
                "make it first (a Deployment or Job tries again by itself), or mark it as optional",
            )),
            Some(Map::Unread(why)) => Err(Denied::new(
                about,
                format!("ConfigMap {name} may hold references, and cannot be read: {why}"),
                "try again (a Deployment or Job does so by itself)",
            )),
        }
    }

    fn found(&self, variable: &str, text: Option<&str>, at: At) -> Result<Option<Found>, Denied> {
        let Some(read) = text.and_then(reference::read) else {
            return Ok(None);
        };
        let about = || about(self.chosen.name(), variable);
        let reference =
            read.map_err(|fault| Denied::new(about(), fault.problem, with_literals(&fault.fix, variable)))?;
        if !is_variable_name(variable) || variable.len() > 250 {
            return Err(Denied::new(
                about(),
                "a variable that is injected cannot be called so",
                "use letters, digits and '_', not starting with a digit",
            ));
        }
        Ok(Some(Found {
            place: self.chosen.place,
            container: self.chosen.name().to_owned(),
            variable: variable.to_owned(),
            at,
            reference,
        }))
    }
}
