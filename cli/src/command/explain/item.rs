//! Each variable and file: whether it is there, from what, and why not.

use coffer_injector::{
    injected::Carried,
    known::{Index, Reader},
    wish::Wish,
};
use serde_json::Value;

use super::{
    facts::Facts,
    report::{Code, Item, Kind, Reason, State},
    source::{self, Found, Scene},
    stage::Stage,
    versions,
    wanted::{self, Place, Wanted},
};

/// What the items of one pod are decided from.
pub struct Items<'c> {
    /// What was read.
    pub facts: &'c Facts,
    /// The names in it.
    pub index: &'c Index,
    /// The pod's service account.
    pub reader: Reader<'c>,
    /// What the annotations ask for now, if they can be read.
    pub wish: Option<&'c Wish>,
    /// What the pod carries, if it was injected.
    pub carried: Option<&'c Carried>,
    /// Variables are read by kubelet, from env files.
    pub by_env_file: bool,
    /// The pod, if it is in the cluster.
    pub live: Option<&'c Value>,
    /// How far it has come.
    pub stage: &'c Stage,
    /// Whether something keeps all of it away.
    pub refused: bool,
}

/// A variable or file, and what was found of its keys.
struct Looked {
    wanted: Wanted,
    place: Place,
    found: Vec<Found>,
}

impl Items<'_> {
    /// All of them: what is asked for, in the annotations' order, and then what is carried beside.
    pub fn all(&self) -> Vec<Item> {
        let asked = self.wish.map(|wish| {
            let place = Place::of_wish(wish);
            let all = wanted::of_wish(wish, self.index, self.reader);
            self.look(all, &place)
        });
        let asked = asked.unwrap_or_default();
        let Some(carried) = self.carried else {
            let waits = waits_for(&asked);
            return asked.iter().map(|it| self.of_new(it, &waits)).collect();
        };
        let place = Place::of_carried(carried);
        let carried = wanted::of_carried(carried, self.wish, self.index, self.reader);
        let carried = self.look(carried, &place);
        let waits = waits_for(&carried);
        let is_asked = |it: &Looked| asked.iter().any(|asked| asked.wanted.is_namesake(&it.wanted));
        let beside: Vec<Item> = carried
            .iter()
            .filter(|it| !is_asked(it))
            .map(|it| self.no_longer_asked(it, &waits))
            .collect();
        let of_asked = asked.iter().map(|it| self.of_asked(it, &carried, &waits));
        of_asked.chain(beside).collect()
    }

    fn look(&self, all: Vec<Wanted>, place: &Place) -> Vec<Looked> {
        let scene = Scene {
            facts: self.facts,
            index: self.index,
            place,
            reader: self.reader,
        };
        let one = |wanted: Wanted| {
            let by_env_file = self.by_env_file && wanted.kind() == Kind::Variable;
            let found = wanted
                .keys
                .iter()
                .map(|key| source::look(scene, key, by_env_file));
            let mut found: Vec<Found> = found.collect();
            if matches!(self.stage, Stage::Before(_)) {
                // The pod is held, so what nothing names is not there.
                found.iter_mut().for_each(not_there);
            }
            Looked {
                found,
                place: place.clone(),
                wanted,
            }
        };
        all.into_iter().map(one).collect()
    }

    /// Of a pod that carries nothing: not made yet, or made without an agent.
    fn of_new(&self, it: &Looked, waits: &[String]) -> Item {
        let mut item = begin(it);
        if self.refused || *self.stage == Stage::Bare {
            item.state = State::Missing;
            item.reasons = told(it, |found| &found.obstacles);
        } else {
            before(&mut item, it, waits, State::Present);
        }
        item
    }

    fn of_asked(&self, it: &Looked, carried: &[Looked], waits: &[String]) -> Item {
        let twin = carried
            .iter()
            .find(|other| other.wanted.is_same(&it.wanted) && other.place == it.place);
        if let Some(twin) = twin {
            let mut item = self.of_carried(twin, waits);
            item.annotation.clone_from(&it.wanted.annotation);
            return item;
        }
        let mut item = begin(it);
        item.state = State::Missing;
        item.reasons = vec![self.older(it, carried)];
        item.reasons.extend(told(it, |found| &found.obstacles));
        item
    }

    /// That the pod was injected for other annotations.
    fn older(&self, it: &Looked, carried: &[Looked]) -> Reason {
        let namesake = carried.iter().find(|other| other.wanted.is_namesake(&it.wanted));
        let carries = match namesake {
            None => "it does not carry this".to_owned(),
            Some(other) if other.place != it.place => {
                let Place {
                    organization,
                    vault,
                    environment,
                } = &other.place;
                format!("it carries this from environment {environment} of Vault {organization}/{vault}")
            }
            Some(other) if other.wanted.keys != it.wanted.keys => {
                format!("it carries this from {}", other.wanted.keys.join(", "))
            }
            Some(_) => "it carries this with another template or mode".to_owned(),
        };
        let held = matches!(self.stage, Stage::Before(_));
        let because = namesake
            .filter(|_| held)
            .and_then(|other| other.found.iter().find_map(first));
        let because = because.map_or_else(String::new, |why| format!(" ({why})"));
        let message = format!(
            "the pod is older than its annotations: {carries}{because}; it was injected before they were changed, so have it \
             made anew"
        );
        Reason::new(Code::OlderThanAnnotations, message)
    }

    fn no_longer_asked(&self, it: &Looked, waits: &[String]) -> Item {
        let mut item = self.of_carried(it, waits);
        let message = "the pod carries it, and its annotations do not ask for it any more: it was injected before they were \
                       changed";
        item.remarks
            .insert(0, Reason::new(Code::NoLongerAskedFor, message));
        item
    }

    /// What the pod carries, as far as the pod has come.
    fn of_carried(&self, it: &Looked, waits: &[String]) -> Item {
        let mut item = begin(it);
        match self.stage {
            Stage::Started | Stage::Ended(true) => self.in_place(&mut item, it),
            Stage::Before(_) => before(&mut item, it, waits, State::Waiting),
            Stage::NotMade | Stage::Bare | Stage::Ended(false) => item.state = State::Missing,
        }
        item
    }

    /// All was handed over: what stands in the way of a key now is for the next pod to meet.
    fn in_place(&self, item: &mut Item, it: &Looked) {
        item.state = State::Present;
        item.remarks = told(it, |found| &found.remarks);
        let later = told(it, |found| &found.obstacles).into_iter();
        item.remarks.extend(later.map(|reason| {
            let message = format!(
                "the pod keeps what it has, but a new one would wait: {}",
                reason.message
            );
            Reason { message, ..reason }
        }));
        let Some(pod) = self.live.filter(|_| *self.stage == Stage::Started) else {
            return;
        };
        let is_variable = item.kind == Kind::Variable;
        for source in &mut item.sources {
            item.remarks
                .extend(versions::fill(self.facts, pod, is_variable, source));
        }
    }
}

/// What nothing names is missing for sure.
fn not_there(found: &mut Found) {
    let (missing, unknown) = std::mem::take(&mut found.unknown)
        .into_iter()
        .partition(|reason| reason.code == Code::NoKey);
    found.unknown = unknown;
    found.obstacles.extend::<Vec<Reason>>(missing);
}

fn begin(it: &Looked) -> Item {
    Item {
        kind: it.wanted.kind(),
        name: it.wanted.name.clone(),
        annotation: it.wanted.annotation.clone(),
        state: State::Present,
        sources: it.found.iter().map(|found| found.source.clone()).collect(),
        reasons: Vec::new(),
        remarks: Vec::new(),
    }
}

/// Values are handed over all at once: one that is not there holds up the others.
fn before(item: &mut Item, it: &Looked, waits: &[String], otherwise: State) {
    item.remarks = told(it, |found| &found.remarks);
    let (obstacles, unknown) = (
        told(it, |found| &found.obstacles),
        told(it, |found| &found.unknown),
    );
    (item.state, item.reasons) = if !obstacles.is_empty() {
        (State::Missing, obstacles)
    } else if !unknown.is_empty() {
        (State::Unknown, unknown)
    } else if waits.is_empty() {
        (otherwise, Vec::new())
    } else {
        let message = format!(
            "a pod is given all or nothing, and waits for {}",
            waits.join(", ")
        );
        (State::Waiting, vec![Reason::new(Code::WaitsForOthers, message)])
    };
}

/// The keys that something stands in the way of, each once.
fn waits_for(all: &[Looked]) -> Vec<String> {
    let found = all.iter().flat_map(|it| &it.found);
    let stuck = found.filter(|found| !found.obstacles.is_empty());
    let mut keys: Vec<String> = stuck.map(|found| found.source.key.clone()).collect();
    keys.sort();
    keys.dedup();
    keys
}

fn first(found: &Found) -> Option<&str> {
    found.obstacles.first().map(|reason| reason.message.as_str())
}

/// Of all keys, each reason once.
fn told(it: &Looked, which: impl Fn(&Found) -> &Vec<Reason>) -> Vec<Reason> {
    let mut all: Vec<Reason> = Vec::new();
    for reason in it.found.iter().flat_map(which) {
        if !all.contains(reason) {
            all.push(reason.clone());
        }
    }
    all
}
