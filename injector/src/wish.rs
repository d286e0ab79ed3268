//! What a pod asks for, well formed. The annotations' grammar is [`crate::annotation`]'s; whether the
//! wish fits the pod is [`crate::decide`]'s.

use std::collections::BTreeSet;

use coffer_crds::OnChange;
use coffer_domain::name::{EnvName, OrgName, SecretName, VaultName};

use crate::{
    annotation::{ENV, FILE},
    familiar::scan::about,
    view::Place,
};

/// A well-formed wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The vault's organization: its namespace.
    pub organization: OrgName,
    /// The vault.
    pub vault: VaultName,
    /// The environment inside it.
    pub environment: EnvName,
    /// How variables reach the application.
    pub mode: Mode,
    /// Which variables.
    pub variables: Variables,
    /// Variables that containers set to references.
    pub references: Vec<Referred>,
    /// Which files, in the order of their annotations' names.
    pub files: Vec<File>,
    /// The containers meant; `None` is all but native sidecars.
    pub containers: Option<Vec<String>>,
    /// How old values may be that the pod starts with while the store is down, in seconds; `None`: it waits.
    pub max_stale: Option<u64>,
    /// What follows a new version; `None`: as the secrets say.
    pub on_change: Option<OnChange>,
    /// Whom to signal.
    pub signal: Option<Signal>,
}

/// Whom to signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// One of [`coffer_wire::SIGNALS`].
    pub name: String,
    /// The process's name.
    pub process: String,
}

impl Wish {
    /// Whether it asks for variables.
    pub fn has_variables(&self) -> bool {
        !matches!(&self.variables, Variables::Named(names) if names.is_empty()) || !self.references.is_empty()
    }

    /// Every secret it names, with what names it; some of them more than once.
    pub fn secrets(&self) -> impl Iterator<Item = (String, &str)> {
        let named = if let Variables::Named(named) = &self.variables {
            named.as_slice()
        } else {
            &[]
        };
        let variables = named.iter().map(|v| (ENV.to_owned(), v.secret.as_str()));
        let references = self.references.iter().map(|it| (it.about(), it.secret.as_str()));
        let files = self.files.iter();
        variables
            .chain(references)
            .chain(files.flat_map(|file| file.secrets().map(|name| (file.annotation(), name))))
    }
}

/// How variables reach the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `valueFrom.fileKeyRef`: kubelet reads a file that the agent wrote.
    EnvFile,
    /// The agent's binary is put before the container's command.
    Exec,
}

/// Which variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Variables {
    /// These, in the order written; may be none.
    Named(Vec<Variable>),
    /// One for every secret whose name is a variable's.
    All,
}

/// One variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name in the container.
    pub name: String,
    /// The secret it holds.
    pub secret: SecretName,
    /// Only this member of it, which is a JSON object then.
    pub field: Option<String>,
}

/// A variable that its container sets to a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referred {
    /// The container's place.
    pub place: Place,
    /// Its name.
    pub container: String,
    /// The variable's name there.
    pub name: String,
    /// Where it is set.
    pub at: At,
    /// The secret.
    pub secret: SecretName,
    /// Only this member of it.
    pub field: Option<String>,
}

/// Where a container sets a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// This entry of `env`.
    Entry(usize),
    /// A `ConfigMap` of `envFrom`.
    EnvFrom,
}

impl Referred {
    /// What a message about it begins with.
    pub fn about(&self) -> String {
        about(&self.container, &self.name)
    }
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The name after `file.` in the annotation, for messages.
    pub label: String,
    /// Its directory in the containers: absolute, normal, not `/`.
    pub directory: String,
    /// Its name there.
    pub name: String,
    /// Permission bits.
    pub mode: u32,
    /// What it holds.
    pub content: Content,
}

impl File {
    /// The annotation that asks for it.
    pub fn annotation(&self) -> String {
        format!("{FILE}{}", self.label)
    }

    fn secrets(&self) -> impl Iterator<Item = &str> {
        let (one, many) = match &self.content {
            Content::Secret(name) => (Some(name.as_str()), None),
            Content::Template { names, .. } => (None, Some(names)),
        };
        one.into_iter()
            .chain(many.into_iter().flatten().map(String::as_str))
    }
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The bytes of one secret.
    Secret(SecretName),
    /// A template over secrets, and the names it may ask for.
    Template {
        /// Its text.
        source: String,
        /// Secrets' names.
        names: BTreeSet<String>,
    },
}
