//! What a plan of restarts is made from, and what it says. Facts in, steps out; nothing here asks anybody.

use std::{collections::BTreeMap, fmt};

use coffer_domain::{
    address::{Place, Version},
    entity::Owner,
    name::SecretName,
    window::Window,
};
use jiff::{SignedDuration, Timestamp};

use super::marks::{Marks, Spans};

/// Which workload.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Its namespace.
    pub namespace: String,
    /// Its kind, such as `Deployment`.
    pub kind: String,
    /// Its name.
    pub name: String,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.kind, self.namespace, self.name)
    }
}

/// How a workload is restarted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Means {
    /// Its pod template changes, and its controller replaces the pods.
    Template,
    /// Its pods are evicted, one at a time.
    Eviction,
    /// Not by us: why, and what to do.
    None(String),
}

/// A pod that runs, and the versions it started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodUse {
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// The secrets that it is restarted for.
    pub started: BTreeMap<SecretName, Version>,
}

/// A workload with pods that are restarted for secrets of one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// Which.
    pub key: Key,
    /// How it is restarted.
    pub means: Means,
    /// Nothing is being rolled out, and every pod is ready.
    pub settled: bool,
    /// The `PodDisruptionBudget` that allows no disruption now.
    pub budget: Option<String>,
    /// What was noted on it.
    pub marks: Marks,
    /// Its pods, those that are being deleted left out.
    pub pods: Vec<PodUse>,
}

/// What holds for one secret.
#[derive(Debug, Clone, Default)]
pub struct Rule {
    /// When restarts may begin; none is always.
    pub windows: Vec<Window>,
    /// A window cannot be read: nothing begins.
    pub never: bool,
    /// How long a workload has to become ready.
    pub ready_within: Option<SignedDuration>,
    /// The object that declares it, if its value can be returned.
    pub owner: Option<Owner>,
    /// Why it cannot be returned.
    pub kept_because: String,
    /// That it was returned.
    pub returned: Option<Back>,
}

/// A return: `version` holds the value of `from` again, because of `failed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Back {
    /// The version whose value holds again.
    pub from: Version,
    /// The version that did not work.
    pub failed: Version,
    /// The version written by the return.
    pub version: Version,
}

/// One place and all that is restarted for it.
#[derive(Debug, Clone)]
pub struct Scene {
    /// Which.
    pub place: Place,
    /// The current versions.
    pub current: BTreeMap<SecretName, Version>,
    /// By secret.
    pub rules: BTreeMap<SecretName, Rule>,
    /// The workloads.
    pub workloads: Vec<Workload>,
}

impl Scene {
    /// A place that has nobody to restart.
    pub fn without_workloads(place: &Place) -> Self {
        Self {
            place: place.clone(),
            current: BTreeMap::new(),
            rules: BTreeMap::new(),
            workloads: Vec::new(),
        }
    }
}

/// What holds for all.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// The most workloads that are being restarted at a time.
    pub at_once: usize,
    /// The most restarts of one workload within [`Policy::per`].
    pub most: usize,
    /// See [`Policy::most`].
    pub per: SignedDuration,
}

/// How long a workload has to become ready, where nobody says.
pub const READY_WITHIN: SignedDuration = SignedDuration::from_mins(5);

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Mark the workload, and have its pods replaced if its means are the template.
    Restart(Spans),
    /// Evict this pod.
    Evict(String),
    /// Note that it became ready.
    Ready,
    /// Return the secrets to the versions before.
    Return(Spans),
}

/// How a workload stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Its pods run with the current versions.
    Current,
    /// It is being restarted.
    Restarting,
    /// It waits for its turn.
    Turn,
    /// It waits for the window that opens then.
    Window(Option<Timestamp>),
    /// It is not ready or is being rolled out: nothing is added to that.
    Unready,
    /// A `PodDisruptionBudget` of this name allows no disruption.
    Budget(String),
    /// It was restarted too often.
    Loop,
    /// It did not become ready in time after its restart; why the secrets were not returned.
    Failed(String),
    /// This workload did not become ready for the same versions.
    Halted(Key),
    /// It cannot be restarted by us.
    Cannot(String),
}

/// What to do now.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The steps, each with its place and workload.
    pub steps: Vec<(Place, Key, Step)>,
    /// How each workload stands, with the secrets it is about: none when it is current.
    pub states: BTreeMap<(Place, Key), (State, Spans)>,
    /// When to look again, if nothing changes before.
    pub wake: Option<Timestamp>,
}
