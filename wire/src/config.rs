//! The agent's configuration, written by the injector into the agent container's environment. It names
//! secrets and places; it never holds a value.

use std::collections::{BTreeMap, BTreeSet};

use coffer_domain::template::{Template, TemplateError};
use serde::{Deserialize, Serialize};

/// Everything an agent needs to know, from the injector's own configuration and the pod's annotations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AgentConfig {
    /// `https://host:port` of the api-server, from the injector's configuration, never from the pod.
    pub server: String,
    /// PEM certificates that may sign the server's certificate, when the pod was made. Newer ones
    /// arrive over the stream ([`crate::Message::Trust`]).
    pub trust: String,
    /// The vault's organization (a namespace) and name.
    pub organization: String,
    /// The vault's name.
    pub vault: String,
    /// The environment inside the vault.
    pub environment: String,
    /// File that holds the projected service-account token.
    pub token_file: String,
    /// Which secrets become variables, and how they reach the application.
    pub variables: VariableSpec,
    /// Files to write and keep fresh.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileSpec>,
    /// Directory on a memory volume for the agent's own state: `ready` marker, trust bundle, reasons.
    pub state_dir: String,
    /// Whom to signal when secrets have changed. Absent: nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<SignalSpec>,
    /// How to start while the server cannot be reached; absent: the pod waits for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale: Option<StaleConfig>,
}

/// How a pod starts with the values of a last-known-good bundle ([`crate::bundle`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StaleConfig {
    /// How old the values may be, in seconds, as the pod's annotation says; the vault may say less.
    pub max_stale: u64,
    /// The file of the bundle, in an optional volume: it may be missing.
    pub bundle: String,
    /// `https://host:port` of the injector, which gives out the bundle's key.
    pub keys: String,
    /// PEM certificates that may sign the injector's.
    pub trust: String,
}

impl AgentConfig {
    /// The secrets that it asks for, in order; `None` is all of them.
    ///
    /// # Errors
    /// The name of a file whose template does not parse, and why.
    pub fn names(&self) -> Result<Option<BTreeSet<String>>, (String, TemplateError)> {
        let Selection::Named(variables) = &self.variables.selection else {
            return Ok(None);
        };
        let mut names: BTreeSet<String> = variables.values().cloned().collect();
        for file in &self.files {
            match &file.content {
                Content::Secret(name) => drop(names.insert(name.clone())),
                Content::Template(text) => {
                    let template = Template::parse(text).map_err(|error| (file.name.clone(), error))?;
                    names.extend(template.names().iter().cloned());
                }
            }
        }
        Ok(Some(names))
    }
}

/// Whom to signal when secrets have changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignalSpec {
    /// One of [`SIGNALS`].
    pub signal: String,
    /// The name of the process, as the kernel keeps it: at most 15 bytes count.
    pub process: String,
    /// Only when one of these has changed. Absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secrets: Option<Vec<String>>,
}

/// The signals that can be asked for: those that a program can take as a word to read its configuration again, or to end.
pub const SIGNALS: [&str; 7] = [
    "SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGWINCH",
];

/// Which secrets become variables, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VariableSpec {
    /// How values reach the application.
    pub delivery: Delivery,
    /// Directory on a memory volume. `EnvFile`: one file per variable, named after the variable,
    /// holding `NAME='value'`. `Exec`: one file `environment`, NUL-separated `NAME=value`, which the
    /// wrapper reads, and the wrapper itself as `coffer-agent`.
    pub dir: String,
    /// Which variables.
    pub selection: Selection,
    /// Of these variables only the named member of their secret, which is a JSON object.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
}

/// How values reach the application's environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// By kubelet, from `valueFrom.fileKeyRef` (KEP-3721).
    EnvFile,
    /// By the agent binary wrapped around the container's command.
    Exec,
}

/// Variables by name, or one for every secret of the environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Selection {
    /// Variable name → secret name. May be empty.
    Named(BTreeMap<String, String>),
    /// Every secret whose name is a valid variable name (`exec` only: kubelet must be told each name).
    All,
}

/// One file in the application's containers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileSpec {
    /// Directory as the agent sees it: the root of a memory volume.
    pub dir: String,
    /// File name inside it; no `/`.
    pub name: String,
    /// Permission bits, e.g. `0o444`.
    pub mode: u32,
    /// What it holds.
    pub content: Content,
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Content {
    /// The bytes of one secret.
    Secret(String),
    /// A template over secrets; see `docs/TEMPLATES.md`.
    Template(String),
}
