//! What the facts of one workload come to: which of its pods are old, when it may begin, by when it has to be ready.

use coffer_domain::{address::Version, name::SecretName, window::next_open};
use jiff::{SignedDuration, Timestamp};

use super::{
    marks::{Span, Spans},
    model::{Means, PodUse, READY_WITHIN, Scene, Workload},
};

/// The secrets of which some pod started with another value than the current one.
pub fn stale(scene: &Scene, workload: &Workload) -> Spans {
    let mut spans = Spans::new();
    for (name, from) in workload.pods.iter().flat_map(|pod| &pod.started) {
        let Some(&to) = scene
            .current
            .get(name)
            .filter(|to| is_other(scene, name, *from, **to))
        else {
            continue;
        };
        let span = spans.entry(name.clone()).or_insert(Span { from: *from, to });
        span.from = span.from.min(*from);
    }
    spans
}

/// Whether the two versions differ in their value, as far as is known: a return makes two that do not.
fn is_other(scene: &Scene, name: &SecretName, started: Version, current: Version) -> bool {
    let back = scene.rules.get(name).and_then(|rule| rule.returned);
    started < current && back.is_none_or(|back| (back.from, back.version) != (started, current))
}

/// What a state is about: what has to change, or what is changing.
pub fn about(scene: &Scene, workload: &Workload) -> Spans {
    let stale = stale(scene, workload);
    if stale.is_empty() && !workload.marks.ready {
        workload.marks.spans.clone()
    } else {
        stale
    }
}

/// When restarts for all of these may begin: `now` if at once.
pub fn opens(scene: &Scene, spans: &Spans, now: Timestamp) -> Option<Timestamp> {
    let mut latest = now;
    for rule in spans.keys().filter_map(|name| scene.rules.get(name)) {
        if rule.never {
            return None;
        }
        latest = latest.max(next_open(&rule.windows, now)?);
    }
    Some(latest)
}

/// By when it has to be ready: counted from its restart, or from the last pod that was made in place of an evicted one.
pub fn deadline(scene: &Scene, workload: &Workload) -> Option<Timestamp> {
    let rules = workload
        .marks
        .spans
        .keys()
        .filter_map(|name| scene.rules.get(name));
    let patience: SignedDuration = rules
        .filter_map(|rule| rule.ready_within)
        .max()
        .unwrap_or(READY_WITHIN);
    let replaced = workload
        .pods
        .iter()
        .filter(|pod| workload.means == Means::Eviction && !is_stale(scene, pod))
        .filter_map(|pod| pod.created);
    let since = workload.marks.last().into_iter().chain(replaced).max()?;
    since.checked_add(patience).ok()
}

fn is_stale(scene: &Scene, pod: &PodUse) -> bool {
    pod.started.iter().any(|(name, started)| {
        let current = scene.current.get(name);
        current.is_some_and(|current| is_other(scene, name, *started, *current))
    })
}

/// The pod to evict next of a workload that is being restarted: an old one when all are ready; and of a `StatefulSet` one that
/// failed, as its controller waits for it to become ready before it replaces it.
pub fn next_eviction(scene: &Scene, workload: &Workload) -> Option<String> {
    let mut old = workload.pods.iter().filter(|pod| is_stale(scene, pod));
    match workload.means {
        Means::Eviction if workload.settled && workload.budget.is_none() => {
            old.next().map(|pod| pod.name.clone())
        }
        Means::Eviction => old.find(|pod| has_failed(scene, pod)).map(|pod| pod.name.clone()),
        Means::Template if workload.key.kind == "StatefulSet" => {
            old.find(|pod| has_failed(scene, pod)).map(|pod| pod.name.clone())
        }
        Means::Template | Means::None(_) => None,
    }
}

/// Whether the pod started with a version that was returned.
fn has_failed(scene: &Scene, pod: &PodUse) -> bool {
    pod.started.iter().any(|(name, started)| {
        let back = scene.rules.get(name).and_then(|rule| rule.returned);
        back.is_some_and(|back| back.failed == *started)
    })
}
