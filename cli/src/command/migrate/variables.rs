//! References in variables and `ConfigMap`s, written as whole addresses.

use std::collections::BTreeSet;

use coffer_domain::name::{EnvName, OrgName, VaultName};
use coffer_injector::{
    annotation::Asked,
    familiar::{
        reference::{self, Reference},
        rule::{Ground, target},
    },
    known::Reader,
};
use serde_json::Value;

use super::{Context, Notes};

/// Where references lead.
pub(super) type Places = BTreeSet<(OrgName, VaultName, EnvName)>;

/// What a text becomes.
pub(super) enum Read {
    /// It is none.
    Text,
    /// The address.
    Address(String),
    /// It cannot be one, and why.
    Fault(String),
}

/// Reads a text, and takes down where it leads.
pub(super) fn read(
    text: &str,
    asked: &Asked,
    reader: Reader<'_>,
    context: &Context<'_>,
    places: &mut Places,
) -> Read {
    let reference = match reference::read(text) {
        None => return Read::Text,
        Some(Err(fault)) => return Read::Fault(format!("{}; {}", fault.problem, fault.fix)),
        Some(Ok(reference)) => reference,
    };
    let ground = Ground {
        vault: asked.vault.as_ref(),
        known: context.known,
        reader,
    };
    let target = match target(&reference, ground) {
        Ok(target) => target,
        Err(fault) => return Read::Fault(format!("{}; {}", fault.problem, fault.fix)),
    };
    let environment = target
        .environment
        .or_else(|| asked.environment.clone())
        .unwrap_or_else(EnvName::default_environment);
    let mut address = format!(
        "coffer://{}/{}/{environment}/{}",
        target.organization, target.vault, target.secret
    );
    places.insert((target.organization, target.vault, environment));
    if matches!(reference, Reference::Own(_)) {
        text.clone_into(&mut address);
    } else if let Some(field) = target.field {
        address = format!("{address}#{field}");
    }
    Read::Address(address)
}

/// The containers of a pod's spec.
pub(super) fn containers(spec: &mut Value) -> impl Iterator<Item = &mut Value> {
    let lists = spec
        .as_object_mut()
        .into_iter()
        .flat_map(|fields| fields.iter_mut());
    lists
        .filter(|(name, _)| ["initContainers", "containers"].contains(&name.as_str()))
        .filter_map(|(_, list)| list.as_array_mut())
        .flatten()
}

/// Rewrites the variables of a pod's spec.
pub(super) fn of_pod(
    spec: &mut Value,
    asked: &Asked,
    reader: Reader<'_>,
    context: &Context<'_>,
    notes: &mut Notes<'_>,
) -> Places {
    let mut places = Places::new();
    for container in containers(spec) {
        let about = format!("container {}", container["name"].as_str().unwrap_or_default());
        let wanted = asked.containers.as_ref();
        if wanted.is_some_and(|names| !names.iter().any(|name| container["name"] == name.as_str())) {
            continue;
        }
        for variable in container
            .get_mut("env")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            let name = variable["name"].as_str().unwrap_or_default().to_owned();
            let Some(text) = variable["value"].as_str().filter(|_| !asked.literals.has(&name)) else {
                continue;
            };
            match read(text, asked, reader, context, &mut places) {
                Read::Text => {}
                Read::Address(address) => variable["value"] = address.into(),
                Read::Fault(fault) => notes.left(format!("{about}, variable {name}: {fault}")),
            }
        }
    }
    places
}

/// Where the references in `ConfigMap`s lead that the pod's variables come from, as far as these are here.
pub(super) fn in_config_maps(
    names: &BTreeSet<String>,
    asked: &Asked,
    reader: Reader<'_>,
    context: &Context<'_>,
) -> Places {
    let mut places = Places::new();
    let here = context
        .objects
        .iter()
        .filter(|it| it.kind == "ConfigMap" && it.namespace == reader.namespace && names.contains(&it.name));
    for object in here {
        for text in object.value["data"]
            .as_object()
            .into_iter()
            .flat_map(|data| data.values())
        {
            read(
                text.as_str().unwrap_or_default(),
                asked,
                reader,
                context,
                &mut places,
            );
        }
    }
    places
}

/// Rewrites the references in a `ConfigMap`.
pub(super) fn config_map(object: &mut Value, namespace: &str, context: &Context<'_>, notes: &mut Notes<'_>) {
    let reader = Reader {
        namespace,
        service_account: "default",
    };
    let mut places = Places::new();
    for (key, text) in object
        .get_mut("data")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten()
    {
        match read(
            text.as_str().unwrap_or_default(),
            &Asked::default(),
            reader,
            context,
            &mut places,
        ) {
            Read::Text => {}
            Read::Address(address) => *text = address.into(),
            Read::Fault(fault) => notes.left(format!("data.{key}: {fault}")),
        }
    }
    if !places.is_empty() {
        notes.note(
            "references in ConfigMaps are looked for with the chart's value references.configMaps=true alone",
        );
    }
}
