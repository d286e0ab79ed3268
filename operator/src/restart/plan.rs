//! Which workload is restarted next, and which secrets return to their versions before. Pure: the same facts give the
//! same steps, so an operator that starts anew goes on where another left off.

use std::collections::{BTreeMap, BTreeSet};

use coffer_domain::{
    address::{Place, Version},
    name::SecretName,
};
use jiff::Timestamp;

use super::{
    facts::{about, deadline, next_eviction, opens, stale},
    marks::{Span, Spans},
    model::{Key, Means, Plan, Policy, Scene, State, Step, Workload},
};

/// How a workload stands by itself, whatever the others do.
enum Stage {
    /// Nothing to do; `true`: it has just become ready.
    Current(bool),
    /// It is being restarted.
    Restarting,
    /// Time is up.
    Failed,
    /// It has to be restarted.
    Stale,
    /// Its last restart is not over, and there are newer versions already, of a return perhaps: it goes on with those.
    Overtaken,
}

/// Decides.
pub fn plan(scenes: &[Scene], policy: Policy, now: Timestamp) -> Plan {
    let mut plan = Plan::default();
    let staged: Vec<(&Scene, &Workload, Stage)> = scenes
        .iter()
        .flat_map(|scene| scene.workloads.iter().map(move |workload| (scene, workload)))
        .map(|(scene, workload)| (scene, workload, stage(scene, workload, policy, now)))
        .collect();
    let mut busy = 0;
    for (scene, workload, stage) in &staged {
        match stage {
            Stage::Current(just) => plan.current(scene, workload, *just),
            Stage::Restarting => {
                busy += 1;
                plan.goes_on(scene, workload, now);
            }
            Stage::Overtaken => {
                busy += 1;
                plan.begin(scene, workload);
            }
            // One that restarts too often for us to go on with it is still on its way.
            Stage::Stale => busy += usize::from(!workload.settled && is_unfinished(workload)),
            Stage::Failed => {}
        }
    }
    let mut turns = Turns::of(&staged);
    for (scene, workload, _) in staged.iter().filter(|it| matches!(it.2, Stage::Failed)) {
        // It keeps its place for the restart that follows its return.
        busy += usize::from(plan.failed(scene, workload, &turns));
    }
    for (scene, workload, _) in staged.iter().filter(|it| matches!(it.2, Stage::Stale)) {
        let state = turns.admit(scene, workload, policy, now, busy);
        match &state {
            State::Window(Some(opens)) => plan.wake_at(*opens),
            State::Loop => workload
                .marks
                .times
                .iter()
                .filter_map(|time| time.checked_add(policy.per).ok())
                .filter(|free| *free > now)
                .for_each(|free| plan.wake_at(free)),
            _ => {}
        }
        if state == State::Restarting {
            busy += 1;
            turns.begun(scene, workload);
            plan.begin(scene, workload);
        } else {
            plan.say(scene, workload, state);
        }
    }
    plan
}

impl Plan {
    fn say(&mut self, scene: &Scene, workload: &Workload, state: State) {
        let key = (scene.place.clone(), workload.key.clone());
        self.states.insert(key, (state, about(scene, workload)));
    }

    fn add(&mut self, scene: &Scene, workload: &Workload, step: Step) {
        self.steps.push((scene.place.clone(), workload.key.clone(), step));
    }

    fn wake_at(&mut self, time: Timestamp) {
        self.wake = Some(self.wake.map_or(time, |wake| wake.min(time)));
    }

    fn current(&mut self, scene: &Scene, workload: &Workload, just: bool) {
        if just {
            self.add(scene, workload, Step::Ready);
        }
        self.say(scene, workload, State::Current);
    }

    fn begin(&mut self, scene: &Scene, workload: &Workload) {
        self.add(scene, workload, Step::Restart(stale(scene, workload)));
        self.say(scene, workload, State::Restarting);
    }

    fn goes_on(&mut self, scene: &Scene, workload: &Workload, now: Timestamp) {
        if let Some(pod) = next_eviction(scene, workload) {
            self.add(scene, workload, Step::Evict(pod));
        }
        self.wake_at(deadline(scene, workload).map_or(now, |deadline| deadline.max(now)));
        self.say(scene, workload, State::Restarting);
    }

    /// The first wave failed: the secrets return, if they can. A later one: nothing more is restarted for them.
    /// Whether they return.
    fn failed(&mut self, scene: &Scene, workload: &Workload, turns: &Turns) -> bool {
        let spans = &workload.marks.spans;
        let before = self.steps.len();
        let why = if turns.is_proven(scene, spans) {
            "other workloads run with the same versions, so nothing was returned".to_owned()
        } else if let Some(reason) = unreturnable(scene, spans) {
            reason
        } else {
            self.add(scene, workload, Step::Return(spans.clone()));
            "the versions before are being restored".to_owned()
        };
        self.say(scene, workload, State::Failed(why));
        self.steps.len() > before
    }
}

/// Why the secrets cannot go back, if they cannot.
fn unreturnable(scene: &Scene, spans: &Spans) -> Option<String> {
    for (name, span) in spans {
        let rule = scene.rules.get(name);
        if rule
            .and_then(|rule| rule.returned)
            .is_some_and(|back| back.version == span.to)
        {
            return Some(format!(
                "{name} version {} is already a return to an earlier value",
                span.to
            ));
        }
        match rule {
            Some(rule) if rule.owner.is_some() => {}
            Some(rule) => return Some(format!("{name} cannot be returned: {}", rule.kept_because)),
            None => return Some(format!("{name} cannot be returned: no VaultSecret describes it")),
        }
    }
    None
}

/// Who may begin.
struct Turns {
    /// With which a workload became ready after a restart.
    proven: BTreeSet<(Place, SecretName, Version)>,
    /// For which a workload is being restarted.
    tried: BTreeSet<(Place, SecretName, Version)>,
    /// With which a workload did not become ready.
    halted: BTreeMap<(Place, SecretName, Version), Key>,
}

impl Turns {
    fn of(staged: &[(&Scene, &Workload, Stage)]) -> Self {
        let mut turns = Self {
            proven: BTreeSet::new(),
            tried: BTreeSet::new(),
            halted: BTreeMap::new(),
        };
        for (scene, workload, stage) in staged {
            let marked = keys(scene, &workload.marks.spans);
            match stage {
                Stage::Current(just) if *just || workload.marks.ready => turns.proven.extend(marked),
                Stage::Stale if workload.marks.ready => turns.proven.extend(marked),
                Stage::Restarting => turns.tried.extend(marked),
                Stage::Overtaken => turns.begun(scene, workload),
                Stage::Failed => turns
                    .halted
                    .extend(marked.map(|versions| (versions, workload.key.clone()))),
                Stage::Current(_) | Stage::Stale => {}
            }
        }
        turns
    }

    fn begun(&mut self, scene: &Scene, workload: &Workload) {
        self.tried.extend(keys(scene, &stale(scene, workload)));
    }

    fn is_proven(&self, scene: &Scene, spans: &Spans) -> bool {
        keys(scene, spans).all(|versions| self.proven.contains(&versions))
    }

    /// `Restarting` if it may begin.
    fn admit(
        &self,
        scene: &Scene,
        workload: &Workload,
        policy: Policy,
        now: Timestamp,
        busy: usize,
    ) -> State {
        if let Means::None(why) = &workload.means {
            return State::Cannot(why.clone());
        }
        let spans = stale(scene, workload);
        if let Some(key) = keys(scene, &spans).find_map(|versions| self.halted.get(&versions)) {
            return State::Halted(key.clone());
        }
        if recent(workload, policy, now) >= policy.most {
            return State::Loop;
        }
        let proven = self.is_proven(scene, &spans);
        // What others run with well can only help one that is not ready.
        if !workload.settled && !proven {
            return State::Unready;
        }
        let opens = opens(scene, &spans, now);
        if opens != Some(now) {
            return State::Window(opens);
        }
        if let Some(budget) = workload.budget.as_ref().filter(|_| workload.settled) {
            return State::Budget(budget.clone());
        }
        let in_trial = keys(scene, &spans)
            .any(|versions| self.tried.contains(&versions) && !self.proven.contains(&versions));
        if busy >= policy.at_once || in_trial {
            return State::Turn;
        }
        State::Restarting
    }
}

fn keys<'s>(scene: &'s Scene, spans: &'s Spans) -> impl Iterator<Item = (Place, SecretName, Version)> + 's {
    spans
        .iter()
        .map(|(name, span)| (scene.place.clone(), name.clone(), span.to))
}

fn stage(scene: &Scene, workload: &Workload, policy: Policy, now: Timestamp) -> Stage {
    let marks = &workload.marks;
    let stale = stale(scene, workload);
    let covers =
        |(name, span): (&SecretName, &Span)| marks.spans.get(name).is_some_and(|it| it.to >= span.to);
    let speaks_of_now = !marks.spans.is_empty()
        && marks
            .spans
            .iter()
            .all(|(name, span)| scene.current.get(name).is_none_or(|current| *current <= span.to));
    if speaks_of_now && stale.iter().all(covers) {
        let over = workload.settled && (workload.means == Means::Template || stale.is_empty());
        return match (marks.ready, over) {
            (true, _) => Stage::Current(false),
            (false, true) => Stage::Current(true),
            (false, false) if deadline(scene, workload).is_some_and(|deadline| deadline <= now) => {
                Stage::Failed
            }
            (false, false) => Stage::Restarting,
        };
    }
    if stale.is_empty() {
        return Stage::Current(false);
    }
    if is_unfinished(workload)
        && (is_being_returned(scene, workload) || recent(workload, policy, now) < policy.most)
    {
        return Stage::Overtaken;
    }
    Stage::Stale
}

/// Whether it was restarted, and was not ready since.
fn is_unfinished(workload: &Workload) -> bool {
    let marks = &workload.marks;
    !marks.ready && !marks.spans.is_empty() && !matches!(workload.means, Means::None(_))
}

/// Whether it was restarted for a version that was returned since.
fn is_being_returned(scene: &Scene, workload: &Workload) -> bool {
    workload.marks.spans.iter().any(|(name, span)| {
        let back = scene.rules.get(name).and_then(|rule| rule.returned);
        back.is_some_and(|back| back.failed == span.to && scene.current.get(name) == Some(&back.version))
    })
}

/// Its restarts within the time that the policy looks at.
fn recent(workload: &Workload, policy: Policy, now: Timestamp) -> usize {
    let times = workload.marks.times.iter();
    times
        .filter(|time| now.duration_since(**time) < policy.per)
        .count()
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
