//! The annotations' grammar: text in, [`Wish`] out. Whatever is not understood is refused with what is
//! wrong and how to mend it; nothing is guessed. Whether a wish fits the pod is not known here.
//!
//! Under `coffer.dev/` on the pod (for a Deployment, on its pod template):
//!
//! | annotation | value |
//! | --- | --- |
//! | `inject` | `"true"`: opt in; `"false"` or absent: the pod stays as it is |
//! | `vault` | `NAME` in the pod's namespace, or `NAMESPACE/NAME`; required |
//! | `environment` | an environment of the vault; absent: `default` |
//! | `env` | `KEY` or `VARIABLE=KEY`, separated by commas or line ends; or `*` |
//! | `file.<name>` | a key, or a map (YAML or JSON) of `key` or `template`, `path`, `mode` |
//! | `mode` | how variables arrive: `env-file` (absent: this) or `exec` |
//! | `max-stale` | how old values may be that the pod starts with while the store is down: `24h`; absent: it waits |
//! | `containers` | container names separated by commas; absent: all but native sidecars |
//! | `on-change` | what follows a new version: `none`, `signal` or `restart`; absent: as the secrets say |
//! | `signal` | `SIGNAL PROCESS`, such as `SIGHUP nginx`: whom the agent signals |

mod change;
mod file;
pub(crate) mod path;
mod variables;

use coffer_crds::Duration;
use coffer_domain::name::{EnvName, OrgName, SecretName, VaultName};

use crate::{
    denied::{Denied, did_you_mean, nearest, quoted},
    view::Metadata,
    wish::{Mode, Variables, Wish},
};

/// What all our annotations and labels start with.
pub const PREFIX: &str = "coffer.dev/";
/// Opts a pod in.
pub const INJECT: &str = "coffer.dev/inject";
/// Names the vault.
pub const VAULT: &str = "coffer.dev/vault";
/// Names the environment.
pub const ENVIRONMENT: &str = "coffer.dev/environment";
/// Names the variables.
pub const ENV: &str = "coffer.dev/env";
/// Starts the annotations that each ask for a file.
pub const FILE: &str = "coffer.dev/file.";
/// Says how variables arrive.
pub const MODE: &str = "coffer.dev/mode";
/// Names the containers meant.
pub const CONTAINERS: &str = "coffer.dev/containers";
/// How old values may be that the pod starts with.
pub const MAX_STALE: &str = "coffer.dev/max-stale";
/// Says what follows a new version.
pub const ON_CHANGE: &str = "coffer.dev/on-change";
/// Says whom to signal.
pub const SIGNAL: &str = "coffer.dev/signal";
/// Written by the injector: the pod carries its agent.
pub const STATUS: &str = "coffer.dev/status";
/// The value of [`STATUS`].
pub const STATUS_INJECTED: &str = "injected";
/// Label written by the injector, for selectors and the admission policy.
pub const INJECTED_LABEL: &str = "coffer.dev/injected";

const KNOWN: [&str; 12] = [
    "inject",
    "vault",
    "environment",
    "env",
    "file.<name>",
    "mode",
    "containers",
    "max-stale",
    "status",
    "on-change",
    "signal",
    // Written by the operator on pod templates that it restarts.
    "restarted-at",
];
/// The most variables and the most files one pod may ask for.
pub const MOST_ENTRIES: usize = 256;

/// Whether the pod opted in.
pub fn opted_in(metadata: &Metadata<'_>) -> Result<bool, Denied> {
    match metadata.annotation(INJECT) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(Denied::new(
            INJECT,
            format!("{} is neither \"true\" nor \"false\"", quoted(other)),
            "write \"true\" to have secrets injected",
        )),
    }
}

/// Parses the annotations of an opted-in pod of `namespace`.
pub fn parse(metadata: &Metadata<'_>, namespace: &str) -> Result<Wish, Denied> {
    refuse_unknown(metadata)?;
    let (organization, vault) = vault(metadata.annotation(VAULT), namespace)?;
    let wish = Wish {
        organization,
        vault,
        environment: environment(metadata.annotation(ENVIRONMENT))?,
        mode: mode(metadata.annotation(MODE))?,
        variables: metadata
            .annotation(ENV)
            .map_or(Ok(Variables::Named(Vec::new())), variables::parse)?,
        files: file::parse_all(ours(metadata))?,
        containers: metadata.annotation(CONTAINERS).map(containers).transpose()?,
        max_stale: metadata.annotation(MAX_STALE).map(max_stale).transpose()?,
        on_change: metadata
            .annotation(ON_CHANGE)
            .map(change::on_change)
            .transpose()?,
        signal: metadata.annotation(SIGNAL).map(change::signal).transpose()?,
    };
    change::check(&wish)?;
    if wish.files.is_empty() && wish.variables == Variables::Named(Vec::new()) {
        return Err(Denied::new(
            INJECT,
            "nothing is asked for",
            format!("add {ENV} to have variables, or {FILE}<name> to have files"),
        ));
    }
    Ok(wish)
}

/// Our annotations, in the order of their names.
fn ours<'m>(metadata: &'m Metadata<'_>) -> impl Iterator<Item = (&'m str, &'m str)> {
    let all = metadata
        .annotations
        .iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), value.as_str()));
    all.filter(|(key, _)| key.starts_with(PREFIX))
}

/// Whether the pod carries any annotation of ours.
pub fn has_any(metadata: &Metadata<'_>) -> bool {
    ours(metadata).next().is_some()
}

fn refuse_unknown(metadata: &Metadata<'_>) -> Result<(), Denied> {
    for (key, _) in ours(metadata) {
        let suffix = &key[PREFIX.len()..];
        if !suffix.starts_with("file.") && !KNOWN.contains(&suffix) {
            let near = meant(suffix);
            let all = KNOWN.join(", ");
            return Err(Denied::new(
                key,
                "there is no such annotation",
                format!("{near}known are {PREFIX}: {all}"),
            ));
        }
    }
    Ok(())
}

/// The annotation that was probably meant, as `did you mean …? `: by the whole suffix, or by the word that it begins with,
/// such as `files-tls` for `file.tls`.
fn meant(suffix: &str) -> String {
    let near = did_you_mean(suffix, KNOWN);
    let Some((head, rest)) = suffix.split_once(['.', '-', '_']).filter(|_| near.is_empty()) else {
        return near;
    };
    match nearest(head, KNOWN.into_iter().chain(["file"])) {
        Some("file") => format!("did you mean {}? ", quoted(&format!("file.{rest}"))),
        Some(other) => format!("did you mean {}? ", quoted(other)),
        None => near,
    }
}

/// Warnings of annotations that are ours but for a slip in `coffer.dev`: nobody else reads them.
pub fn misspelt(metadata: &Metadata<'_>) -> Vec<String> {
    let keys = metadata.annotations.iter().flatten().map(|(key, _)| key.as_str());
    let slipped = keys.filter(|key| {
        let Some((prefix, suffix)) = key.split_once('/') else {
            return false;
        };
        let ours = suffix.starts_with("file.") || KNOWN.contains(&suffix);
        let own = PREFIX.trim_end_matches('/');
        ours && prefix != own && nearest(prefix, [own]).is_some()
    });
    let warning = |key: &str| {
        let suffix = key.split_once('/').map_or(key, |(_, suffix)| suffix);
        let right = format!("{PREFIX}{suffix}");
        format!(
            "{}: it has no effect; did you mean {}?",
            quoted(key),
            quoted(&right)
        )
    };
    slipped.map(warning).collect()
}

fn vault(value: Option<&str>, namespace: &str) -> Result<(OrgName, VaultName), Denied> {
    let fix = "write the Vault's NAME, or NAMESPACE/NAME";
    let Some(value) = value else {
        return Err(Denied::new(VAULT, "it is missing", fix));
    };
    let (organization, name) = value.split_once('/').unwrap_or((namespace, value));
    let bad = |problem: String| Denied::new(VAULT, problem, fix);
    let organization = OrgName::new(organization).map_err(|e| bad(format!("{}: {e}", quoted(value))))?;
    let vault = VaultName::new(name).map_err(|e| bad(format!("{}: {e}", quoted(value))))?;
    Ok((organization, vault))
}

fn environment(value: Option<&str>) -> Result<EnvName, Denied> {
    let Some(value) = value else {
        return Ok(EnvName::default_environment());
    };
    EnvName::new(value).map_err(|e| {
        Denied::new(
            ENVIRONMENT,
            format!("{}: {e}", quoted(value)),
            "write the name of one of the vault's environments",
        )
    })
}

fn mode(value: Option<&str>) -> Result<Mode, Denied> {
    match value {
        None | Some("env-file") => Ok(Mode::EnvFile),
        Some("exec") => Ok(Mode::Exec),
        Some(other) => {
            let near = did_you_mean(other, ["env-file", "exec"]);
            Err(Denied::new(
                MODE,
                format!("{} is not a mode", quoted(other)),
                format!("{near}write env-file or exec"),
            ))
        }
    }
}

/// Between a minute and 30 days.
fn max_stale(value: &str) -> Result<u64, Denied> {
    const FIX: &str = "write a length of time between 1m and 30d, such as 24h";
    let duration: Duration = value.parse().map_err(|_| {
        Denied::new(
            MAX_STALE,
            format!("{} is not a length of time", quoted(value)),
            FIX,
        )
    })?;
    match duration.to_seconds() {
        seconds @ 60..=2_592_000 => Ok(seconds),
        _ => Err(Denied::new(
            MAX_STALE,
            format!("{} is out of bounds", quoted(value)),
            FIX,
        )),
    }
}

fn containers(value: &str) -> Result<Vec<String>, Denied> {
    let names: Vec<String> = value.split(',').map(|name| name.trim().to_owned()).collect();
    let fix = "write container names separated by commas, each once";
    for (i, name) in names.iter().enumerate() {
        if name.is_empty() || names[..i].contains(name) {
            let problem = if name.is_empty() {
                "a name is empty".to_owned()
            } else {
                format!("{} stands twice", quoted(name))
            };
            return Err(Denied::new(CONTAINERS, problem, fix));
        }
    }
    Ok(names)
}

/// A secret's name in annotation `about`.
fn secret_name(about: &str, text: &str) -> Result<SecretName, Denied> {
    SecretName::new(text).map_err(|e| {
        Denied::new(
            about,
            format!("{}: {e}", quoted(text)),
            "write the key as the VaultSecret's data names it",
        )
    })
}

#[cfg(test)]
mod tests;
