//! Restarting workloads whose pods were started with older versions: in waves, within windows, once for each change, and
//! back to the versions before when the first one does not become ready (ADR 0013). `gather` reads, `plan` is pure,
//! `apply` takes its steps, `report` says how it stands. All that has to outlive this process is noted on the workloads
//! and in the status of the objects.

mod apply;
mod facts;
mod gather;
mod marks;
mod model;
mod plan;
mod report;
mod view;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use coffer_domain::address::Place;
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use tokio::{sync::Notify, time::timeout};

pub(crate) use self::gather::windows;
use self::{
    gather::{Memory, gather},
    model::{Plan, Policy, Scene, State},
};
use crate::context::Shared;

/// How long changes gather: several at once are one restart.
const GATHER: Duration = Duration::from_secs(1);
/// How often a workload that is being restarted is looked at.
const WATCHED: Duration = Duration::from_secs(2);
/// How often one is that waits for something that nobody tells us of.
const WAITING: Duration = Duration::from_secs(10);
/// The longest time between two looks at what is known already.
const LONGEST: Duration = Duration::from_hours(1);

/// Whether workloads are restarted, and how many.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Without, what should be restarted is only said.
    pub enabled: bool,
    /// The most workloads that are restarted at a time.
    pub at_once: usize,
    /// The most restarts of one workload in an hour.
    pub per_hour: usize,
}

impl Options {
    fn policy(self) -> Policy {
        Policy {
            at_once: self.at_once,
            most: self.per_hour,
            per: SignedDuration::from_hours(1),
        }
    }
}

/// Places where something changed.
#[derive(Clone, Default)]
pub struct Wakes(Arc<(Mutex<HashSet<Place>>, Notify)>);

impl Wakes {
    /// Something did.
    pub fn mark(&self, places: impl IntoIterator<Item = Place>) {
        let (marked, notify) = &*self.0;
        let mut marked = marked.lock();
        marked.extend(places);
        if !marked.is_empty() {
            notify.notify_one();
        }
    }

    /// Those marked, as soon as there are any, or none after `patience`.
    async fn take(&self, patience: Duration) -> HashSet<Place> {
        let (marked, notify) = &*self.0;
        if timeout(patience, notify.notified()).await.is_ok() {
            tokio::time::sleep(GATHER).await;
        }
        std::mem::take(&mut marked.lock())
    }
}

/// Restarts for as long as it is polled.
pub async fn follow(context: Shared, options: Options) {
    context.restarts.mark(context.pods.places());
    let mut restarts = Restarts {
        context,
        options,
        memories: HashMap::new(),
        scenes: BTreeMap::new(),
        watched: HashSet::new(),
    };
    let mut patience = LONGEST;
    loop {
        let woken = restarts.context.restarts.take(patience).await;
        patience = restarts.round(woken).await;
    }
}

struct Restarts {
    context: Shared,
    options: Options,
    memories: HashMap<Place, Memory>,
    /// As they were when last looked at.
    scenes: BTreeMap<Place, Scene>,
    /// To be looked at whether anybody speaks of them or not.
    watched: HashSet<Place>,
}

impl Restarts {
    /// One look, and the steps that follow from it; how long until the next one.
    async fn round(&mut self, woken: HashSet<Place>) -> Duration {
        let context = self.context.clone();
        let looked: HashSet<Place> = woken.union(&self.watched).cloned().collect();
        let mut failed = HashSet::new();
        for place in &looked {
            let memory = self.memories.entry(place.clone()).or_default();
            match gather(&context, place, self.options.enabled, memory).await {
                Ok(scene) if scene.workloads.is_empty() => {
                    self.scenes.remove(place);
                    self.memories.remove(place);
                }
                Ok(scene) => drop(self.scenes.insert(place.clone(), scene)),
                Err(error) => {
                    tracing::warn!(%place, %error, "restarts cannot be planned; trying again");
                    failed.insert(place.clone());
                }
            }
        }
        let scenes: Vec<Scene> = self.scenes.values().cloned().collect();
        let now = context.now();
        let plan = plan::plan(&scenes, self.options.policy(), now);
        let mut touched = HashSet::new();
        for (place, key, step) in &plan.steps {
            let Some((scene, workload)) = apply::find(&scenes, place, key) else {
                continue;
            };
            if let Err(error) = apply::take(&context, scene, workload, step).await {
                tracing::warn!(%place, workload = %key, %error, "a step of a restart failed; trying again");
                failed.insert(place.clone());
            } else {
                touched.insert(place.clone());
            }
        }
        for place in looked.union(&touched) {
            match report::write(&context, place, &plan).await {
                Ok(true) => {}
                Ok(false) => context.restarts.mark([place.clone()]),
                Err(error) => {
                    tracing::warn!(%place, %error, "how restarts stand cannot be said; trying again");
                    failed.insert(place.clone());
                }
            }
        }
        let patience = self.next_look(&plan, &touched, now);
        if failed.is_empty() {
            return patience;
        }
        // Trouble passes by itself or not: neither is found out sooner by asking all the time.
        self.watched.extend(failed);
        patience.min(WAITING)
    }

    fn next_look(&mut self, plan: &Plan, touched: &HashSet<Place>, now: Timestamp) -> Duration {
        let mut patience = LONGEST;
        self.watched.clone_from(touched);
        for ((place, _), (state, _)) in &plan.states {
            let again = match state {
                State::Restarting => WATCHED,
                State::Unready | State::Budget(_) | State::Failed(_) => WAITING,
                State::Window(_) | State::Loop | State::Turn => LONGEST,
                State::Current | State::Halted(_) | State::Cannot(_) => continue,
            };
            patience = patience.min(again);
            self.watched.insert(place.clone());
        }
        if !touched.is_empty() {
            patience = patience.min(WATCHED);
        }
        let wake = plan
            .wake
            .map(|wake| Duration::try_from(wake.duration_since(now)).unwrap_or_default());
        wake.map_or(patience, |wake| patience.min(wake.max(WATCHED)))
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            enabled: false,
            at_once: 3,
            per_hour: 6,
        }
    }
}
