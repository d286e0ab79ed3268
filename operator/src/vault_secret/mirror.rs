//! `spec.sync`: which core Secret mirrors the values, and what it should hold. Values are read, and the
//! reading recorded, only when the Secret has to be written.

use std::collections::BTreeMap;

use coffer_crds::{Sync, SyncedSecret, VaultSecret, condition::reason};
use coffer_domain::{
    Error,
    address::{Place, Version},
    name::SecretName,
    secret_value::SecretValue,
    template::Template,
    usecase::secrets::KeyState,
};
use sha2::{Digest, Sha256};

use crate::{
    context::Context,
    failure::Failure,
    halt::Halt,
    identity::Identity,
    problem::Problem,
    reference::hint,
    synced::{self, Content},
};

/// Says from which versions and template a Secret was written: a digest of their names and numbers.
const REVISION: &str = "coffer.dev/revision";

type Versions = BTreeMap<SecretName, Version>;

/// Keeps the mirror as asked; `None` when none is asked for.
pub async fn keep(
    object: &VaultSecret,
    context: &Context,
    identity: &Identity,
    place: &Place,
    states: &[KeyState],
) -> Result<Option<SyncedSecret>, Halt> {
    let wanted = object.spec.sync.as_ref();
    let former = object
        .status
        .as_ref()
        .and_then(|status| status.synced_secret.as_ref());
    if let Some(former) = former.filter(|former| wanted.is_none_or(|sync| sync.secret_name != former.name)) {
        synced::remove(context, identity, &former.name).await?;
    }
    let Some(sync) = wanted else { return Ok(None) };
    let layout = Layout::new(sync, states)?;
    let target = synced::inspect(context, identity, &sync.secret_name).await?;
    let revision = layout.revision();
    let current = target.annotation(REVISION) == Some(revision.as_str());
    let uid = if current && target.is_untouched(layout.keys()) {
        target.present.and_then(|meta| meta.uid)
    } else {
        if current {
            target.check_repair(context)?;
        }
        let values = read(context, place, &layout.versions).await?;
        let content = Content {
            kind: sync.kind().as_str(),
            annotations: BTreeMap::from([(REVISION.to_owned(), revision)]),
            data: layout.render(&values)?,
        };
        Some(target.write(&content).await?)
    };
    Ok(Some(SyncedSecret {
        name: sync.secret_name.clone(),
        uid,
    }))
}

/// What goes where.
struct Layout<'a> {
    sync: &'a Sync,
    templates: Option<BTreeMap<&'a str, Template>>,
    versions: Versions,
}

impl<'a> Layout<'a> {
    fn new(sync: &'a Sync, states: &[KeyState]) -> Result<Self, Problem> {
        let awaited: Vec<&str> = states
            .iter()
            .filter(|state| state.version.is_none())
            .map(|state| state.name.as_str())
            .collect();
        if !awaited.is_empty() {
            let message = format!(
                "Secret {} waits for values of {}",
                sync.secret_name,
                awaited.join(", ")
            );
            return Err(Problem::waiting(reason::AWAITING_VALUE, message));
        }
        let versions = states
            .iter()
            .filter_map(|state| Some((state.name.clone(), state.version?)))
            .collect();
        let templates = sync
            .template
            .as_ref()
            .map(|template| parse(template, &versions))
            .transpose()?;
        Ok(Self {
            sync,
            templates,
            versions,
        })
    }

    /// The Secret's keys.
    fn keys(&self) -> Vec<&str> {
        match &self.templates {
            Some(templates) => templates.keys().copied().collect(),
            None => self.versions.keys().map(SecretName::as_str).collect(),
        }
    }

    /// Of names, version numbers, template and type: equal exactly when the Secret's content is.
    fn revision(&self) -> String {
        let versions: BTreeMap<&str, u64> = self
            .versions
            .iter()
            .map(|(name, version)| (name.as_str(), version.get()))
            .collect();
        let text = serde_json::json!([versions, self.sync.template, self.sync.kind().as_str()]).to_string();
        hex::encode(&Sha256::digest(text)[..12])
    }

    fn render(
        &self,
        values: &BTreeMap<String, SecretValue>,
    ) -> Result<BTreeMap<String, SecretValue>, Problem> {
        let Some(templates) = &self.templates else {
            return Ok(values.clone());
        };
        let rendered = templates.iter().map(|(key, template)| {
            let value = template
                .render(values)
                .map_err(|error| bad_template(key, &error.to_string()))?;
            Ok(((*key).to_owned(), value))
        });
        rendered.collect()
    }
}

/// Reads every template, and checks that it asks for nothing that the object does not declare.
fn parse<'a>(
    texts: &'a BTreeMap<String, String>,
    versions: &Versions,
) -> Result<BTreeMap<&'a str, Template>, Problem> {
    let known = || versions.keys().map(SecretName::as_str);
    let parsed = texts.iter().map(|(key, text)| {
        let template = Template::parse(text).map_err(|error| bad_template(key, &error.to_string()))?;
        if let Some(unknown) = template
            .names()
            .iter()
            .find(|name| !known().any(|known| known == *name))
        {
            let hint = hint(unknown, known());
            return Err(bad_template(key, &format!("data has no entry {unknown}{hint}")));
        }
        Ok((key.as_str(), template))
    });
    parsed.collect()
}

fn bad_template(key: &str, why: &str) -> Problem {
    Problem::stalled(reason::TEMPLATE_FAILED, format!("sync.template.{key}: {why}"))
}

async fn read(
    context: &Context,
    place: &Place,
    versions: &Versions,
) -> Result<BTreeMap<String, SecretValue>, Halt> {
    let mut values = BTreeMap::new();
    for (name, version) in versions {
        let address = place.secret(name.clone());
        let read = context
            .coffer
            .read_secret(&context.caller, &address, Some(*version))
            .await;
        match read {
            Ok(read) => drop(values.insert(name.to_string(), read.value)),
            // Deleted since it was declared: the next attempt sees that.
            Err(error @ (Error::NotFound { .. } | Error::Deleted { .. } | Error::Destroyed { .. })) => {
                return Err(Failure::from(error).into());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(values)
}

#[cfg(test)]
#[path = "mirror_tests.rs"]
mod tests;
