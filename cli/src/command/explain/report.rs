//! What is told, in the shape that programs read: documented in docs/EXPLAIN.md, and only ever added to.

use serde::Serialize;

/// Whether something is there; the worse, the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum State {
    /// It is in the pod; of a pod that is not made yet: it would be.
    Present,
    /// The pod is held until something else is there.
    Waiting,
    /// What could not be read would tell.
    Unknown,
    /// It is not there, and will not be as things are.
    Missing,
}

/// Why, in a word for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Code {
    /// The pod's annotations do not ask for injection.
    NotOptedIn,
    /// The webhook is not called for pods of this namespace.
    NamespaceNotSelected,
    /// The cluster has no injector that could be called.
    NoInjector,
    /// The pod carries no agent, though it asks for one.
    NotInjected,
    /// The injector refuses the pod.
    Refused,
    /// The cluster says that the workload's pods cannot be made.
    NotCreated,
    /// The pod has no node yet.
    NotScheduled,
    /// The agent does not run.
    AgentNotStarted,
    /// The agent waits for values, and keeps the application from starting.
    Held,
    /// The pod has come to its end.
    Ended,
    /// The pod started with older values while the store could not be reached.
    Stale,
    /// The pod cannot be read as one, or was injected by another version.
    Unreadable,
    /// The pod was injected before its annotations were changed.
    OlderThanAnnotations,
    /// The pod was made from another template than the workload has now.
    OlderThanTemplate,
    /// The annotations do not ask for it any more.
    NoLongerAskedFor,
    /// All is handed over at once, and something else is not there yet.
    WaitsForOthers,
    /// There is no such vault.
    NoVault,
    /// The vault is not ready.
    VaultNotReady,
    /// The vault has no such environment.
    NoEnvironment,
    /// The vault does not let the pod's service account read it.
    NoGrant,
    /// Nothing names such a key.
    NoKey,
    /// The key has no value yet.
    NoValue,
    /// An env file cannot carry the value.
    DoesNotFit,
    /// There is a value, but not everything of its `VaultSecret` is as it asks.
    VaultSecretNotReady,
    /// The pod has not put the current version in place.
    Lags,
    /// The process was started before the current version was there.
    StartedBefore,
    /// The user may not read what would tell, or it cannot be read.
    NotRead,
    /// Containers that get nothing.
    ContainersLeftOut,
    /// What the injector warns of.
    Warning,
}

/// One reason, for programs and for people.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Reason {
    /// For programs.
    pub code: Code,
    /// For people.
    pub message: String,
}

impl Reason {
    /// Because of `code`.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// What lets the pod read a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// The entry of `spec.access` of the vault, from 0.
    pub access: usize,
    /// The service account as the entry names it; `*` is any.
    pub service_account: String,
}

/// One key that a variable or file is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// `NAMESPACE/NAME` of the vault.
    pub vault: String,
    /// The environment in it.
    pub environment: String,
    /// The key.
    pub key: String,
    /// The `VaultSecret` that names it.
    pub vault_secret: Option<String>,
    /// The version that the pod has put in place, as far as is known.
    pub held: Option<u64>,
    /// The current version, as far as is known.
    pub current: Option<u64>,
    /// When the current version was written.
    pub changed: Option<String>,
    /// The version that the pod was given first; only the server tells.
    pub started_with: Option<u64>,
    /// What lets the pod read it.
    pub grant: Option<Grant>,
}

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Kind {
    /// A variable of the environment.
    Variable,
    /// A file.
    File,
}

/// One variable or file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// Which of the two.
    pub kind: Kind,
    /// The variable's name, or the file's path.
    pub name: String,
    /// The annotation that asks for it; none if none does any more.
    pub annotation: Option<String>,
    /// Whether it is there.
    pub state: State,
    /// What it is made from: several of a template.
    pub sources: Vec<Source>,
    /// Why it is not there.
    pub reasons: Vec<Reason>,
    /// What to know of it all the same.
    pub remarks: Vec<Reason>,
}

/// An object of the cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Object {
    /// Its kind.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// A pod of a workload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PodLine {
    /// Its name.
    pub name: String,
    /// Whether all is there.
    pub state: State,
    /// Why not, and what to know: each once.
    pub reasons: Vec<Reason>,
}

/// Everything about one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// What it is about.
    pub object: Object,
    /// Whether the pod exists; if not, it is told what would become of one.
    pub exists: bool,
    /// The pod's service account.
    pub service_account: String,
    /// `NAMESPACE/NAME` of the vault that it asks.
    pub vault: Option<String>,
    /// The environment.
    pub environment: Option<String>,
    /// The containers that get what it asks for.
    pub containers: Vec<String>,
    /// The worst of all that follows.
    pub state: State,
    /// Why nothing of it is there.
    pub reasons: Vec<Reason>,
    /// What to know all the same.
    pub remarks: Vec<Reason>,
    /// What it asks for, and what it carries beside.
    pub items: Vec<Item>,
    /// The pods of a workload.
    pub pods: Vec<PodLine>,
    /// What could not be read, and why.
    pub not_read: Vec<String>,
}
