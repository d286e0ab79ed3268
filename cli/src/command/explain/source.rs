//! One key: whether the pod may read it, whether it has a value, and what of that is in its way.

use coffer_crds::{
    KeyStatus, Vault, VaultSecret,
    condition::{ENV_FILE_COMPATIBLE, READY, find},
};
use coffer_domain::usecase::nearest;
use coffer_injector::known::{self, Index, Reader};

use super::{
    facts::Facts,
    report::{Code, Grant, Reason, Source},
    wanted::Place,
};

/// Who asks, where, and what is known.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'f> {
    /// What was read.
    pub facts: &'f Facts,
    /// The names in it.
    pub index: &'f Index,
    /// Where the values come from.
    pub place: &'f Place,
    /// The pod's service account.
    pub reader: Reader<'f>,
}

/// What is known of one key.
#[derive(Debug, Clone)]
pub struct Found {
    /// As it is told.
    pub source: Source,
    /// Why the pod is not given it.
    pub obstacles: Vec<Reason>,
    /// What could not be read, and would tell.
    pub unknown: Vec<Reason>,
    /// What to know of it all the same.
    pub remarks: Vec<Reason>,
}

/// Looks one key up. `by_env_file`: it is to become a variable that kubelet reads.
pub fn look(scene: Scene<'_>, key: &str, by_env_file: bool) -> Found {
    let place = scene.place;
    let mut found = Found {
        source: Source {
            vault: format!("{}/{}", place.organization, place.vault),
            environment: place.environment.clone(),
            key: key.to_owned(),
            vault_secret: None,
            held: None,
            current: None,
            changed: None,
            started_with: None,
            grant: None,
        },
        obstacles: Vec::new(),
        unknown: Vec::new(),
        remarks: Vec::new(),
    };
    match vault(scene) {
        Err(why) => found.unknown.push(Reason::new(Code::NotRead, why)),
        Ok(Err(missing)) => found.obstacles.push(missing),
        Ok(Ok(vault)) => {
            value(scene, key, by_env_file, &mut found);
            // Nobody should be let read a slip.
            if found.obstacles.iter().all(|it| it.code != Code::NoKey) {
                rights(scene, vault, key, &mut found);
            }
        }
    }
    found
}

/// The vault, with its environment.
fn vault(scene: Scene<'_>) -> Result<Result<&Vault, Reason>, String> {
    let Place {
        organization,
        vault,
        environment,
    } = scene.place;
    let all = scene.facts.vaults.as_ref().map_err(Clone::clone)?;
    let named = |it: &&Vault| it.metadata.name.as_deref() == Some(vault);
    let Some(found) = all.iter().find(named) else {
        let names = all.iter().filter_map(|it| it.metadata.name.as_deref());
        let hint = hint(vault, names);
        let message = format!("namespace {organization} has no Vault {vault}{hint}");
        return Ok(Err(Reason::new(Code::NoVault, message)));
    };
    let environments = found.spec.environments();
    if environments.contains(&environment.as_str()) {
        return Ok(Ok(found));
    }
    let hint = hint(environment, environments.iter().copied());
    let message = format!("Vault {vault} has no environment {environment}{hint}");
    Ok(Err(Reason::new(Code::NoEnvironment, message)))
}

/// Which entry of `spec.access` lets the pod read it, or which would be needed.
fn rights(scene: Scene<'_>, vault: &Vault, key: &str, found: &mut Found) {
    let Place {
        organization,
        vault: name,
        environment,
    } = scene.place;
    let granted = scene
        .index
        .vault(organization, name)
        .and_then(|known| known.grant(organization, environment, scene.reader, key));
    let Some(access) = granted else {
        let message = refusal(scene, vault, key);
        found.obstacles.push(Reason::new(Code::NoGrant, message));
        return;
    };
    let accounts = vault.spec.access.get(access).map(|rule| &rule.service_accounts);
    let named = |account: &&String| *account == scene.reader.service_account;
    let service_account = accounts.and_then(|all| all.iter().find(named));
    found.source.grant = Some(Grant {
        access,
        service_account: service_account.map_or("*", String::as_str).to_owned(),
    });
    let conditions = vault.status.iter().flat_map(|status| &status.conditions);
    let ready = conditions.into_iter().find(|it| it.type_ == READY);
    if let Some(ready) = ready.filter(|it| it.status != "True") {
        let message = format!("Vault {name} is not Ready: {}: {}", ready.reason, ready.message);
        found.remarks.push(Reason::new(Code::VaultNotReady, message));
    }
}

/// Why no entry fits, and one that would.
fn refusal(scene: Scene<'_>, vault: &Vault, key: &str) -> String {
    let Reader {
        namespace,
        service_account,
    } = scene.reader;
    let Place {
        organization,
        vault: name,
        environment,
    } = scene.place;
    let rules = || vault.spec.access.iter().enumerate();
    let close = rules().find(|(_, rule)| known::admits(rule, organization, environment, scene.reader));
    let why = close.map_or_else(
        || {
            let accounts = rules().flat_map(|(_, rule)| rule.service_accounts.iter().map(String::as_str));
            let near = nearest(
                service_account,
                accounts.filter(|account| *account != service_account),
            );
            near.map_or_else(
                || "no entry of spec.access is for it".to_owned(),
                |near| format!("spec.access has {near}, did you mean that?"),
            )
        },
        |(access, rule)| {
            let patterns = rule.keys().join(", ");
            format!("spec.access[{access}] lets it read {patterns} only")
        },
    );
    let mut rule = format!("serviceAccounts: [{service_account}]");
    if namespace != organization {
        rule = format!("{rule}, namespaces: [{namespace}]");
    }
    if environment != "default" {
        rule = format!("{rule}, environments: [{environment}]");
    }
    format!(
        "Vault {name} does not let service account {service_account} read {key} in {environment}: {why}; an entry that \
         would: {{{rule}, keys: [{key}]}}"
    )
}

/// Whether it has a value that can be handed over.
fn value(scene: Scene<'_>, key: &str, by_env_file: bool, found: &mut Found) {
    let secrets = match &scene.facts.secrets {
        Ok(secrets) => secrets,
        Err(why) => return found.unknown.push(Reason::new(Code::NotRead, why)),
    };
    let Some((object, name)) = naming(scene, secrets, key) else {
        return no_key(scene, secrets, key, found);
    };
    found.source.vault_secret = Some(name.to_owned());
    let status = status_of(object, key);
    found.source.current = status.and_then(|status| status.version);
    let changed = status.and_then(|status| status.changed.as_ref());
    found.source.changed = changed.map(|time| time.0.to_string());
    let conditions = object.status.iter().flat_map(|status| status.conditions.clone());
    let conditions: Vec<_> = conditions.collect();
    let ready = find(&conditions, READY);
    let unready = ready.filter(|it| it.status != "True").map_or_else(
        || "no operator has looked at it yet".to_owned(),
        |it| format!("it is not Ready: {}: {}", it.reason, it.message),
    );
    if found.source.current.is_none() {
        let message = format!("VaultSecret {name} has no value for {key}: {unready}");
        found.obstacles.push(Reason::new(Code::NoValue, message));
    } else if ready.is_none_or(|it| it.status != "True") {
        let message = format!("VaultSecret {name}: {unready}");
        found
            .remarks
            .push(Reason::new(Code::VaultSecretNotReady, message));
    }
    let unfit = find(&conditions, ENV_FILE_COMPATIBLE).filter(|it| it.status == "False");
    if let Some(unfit) = unfit.filter(|it| by_env_file && names_key(&it.message, key)) {
        found
            .obstacles
            .push(Reason::new(Code::DoesNotFit, unfit.message.clone()));
    }
}

/// Whether the condition's message is about this key: it lists `KEY: why; OTHER: why; ways out`.
fn names_key(message: &str, key: &str) -> bool {
    let rest = message
        .strip_prefix("an env file cannot carry ")
        .unwrap_or(message);
    rest.split("; ")
        .any(|part| part.split_once(": ").is_some_and(|(name, _)| name == key))
}

/// The `VaultSecret` that names the key there: one that has a value for it first.
fn naming<'f>(scene: Scene<'f>, secrets: &'f [VaultSecret], key: &str) -> Option<(&'f VaultSecret, &'f str)> {
    let here = secrets.iter().filter(|it| is_here(scene, it));
    let naming = here.filter(|it| it.spec.secret_names().iter().any(|name| name == key));
    let best = naming.min_by_key(|it| status_of(it, key).is_none_or(|status| status.version.is_none()))?;
    Some((best, best.metadata.name.as_deref()?))
}

fn is_here(scene: Scene<'_>, secret: &VaultSecret) -> bool {
    let spec = &secret.spec;
    (spec.vault_ref.name.as_str(), spec.environment())
        == (scene.place.vault.as_str(), scene.place.environment.as_str())
}

fn status_of<'f>(object: &'f VaultSecret, key: &str) -> Option<&'f KeyStatus> {
    object.status.as_ref()?.keys.iter().find(|it| it.name == key)
}

/// A name that is close to another is a slip; any other may be one that was written through an API, which no object names.
fn no_key(scene: Scene<'_>, secrets: &[VaultSecret], key: &str, found: &mut Found) {
    let Place {
        vault, environment, ..
    } = scene.place;
    let here = secrets.iter().filter(|it| is_here(scene, it));
    let names: Vec<String> = here.flat_map(|it| it.spec.secret_names()).collect();
    let near = hint(key, names.iter().map(String::as_str));
    let elsewhere = secrets
        .iter()
        .filter(|it| it.spec.vault_ref.name == *vault && !is_here(scene, it))
        .find(|it| it.spec.secret_names().iter().any(|name| name == key));
    let elsewhere =
        elsewhere.map(|it| format!("; environment {} has one of this name", it.spec.environment()));
    let said = format!("no VaultSecret of Vault {vault} names key {key} in {environment}");
    match (near.as_str(), elsewhere) {
        ("", None) => {
            let message = format!("{said}; a value written through an API would do as well");
            found.unknown.push(Reason::new(Code::NoKey, message));
        }
        (near, elsewhere) => {
            let message = format!("{said}{near}{}", elsewhere.unwrap_or_default());
            found.obstacles.push(Reason::new(Code::NoKey, message));
        }
    }
}

/// The nearest of those known, to end a message with.
fn hint<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    super::super::check::hint(wanted, known)
}
