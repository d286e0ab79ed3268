//! Values on their way out (`rotation.onlyAfterAck`): the consumers' pods are looked up, the domain decides, and what
//! came of it is shown, told and counted; for every kind that rotates.

use std::collections::BTreeSet;

use coffer_crds::lagging::{LaggingPod, MOST_NAMED};
use coffer_domain::{
    address::{Place, Version},
    name::SecretName,
    succession::{Cause, Laggard},
    usecase::secrets::Succeeding,
};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::ObjectReference;

use crate::{
    context::{Context, seconds},
    events::Gravity,
    failure::Failure,
};

/// How long until what waits is looked at again, whatever comes: the end of a pod can be missed.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// When to look again at what waits: at its deadline, and now and then before.
pub fn wake(waiting: &[Succeeding], now: Timestamp) -> Option<Timestamp> {
    let soon = now.saturating_add(LOOK_AGAIN).unwrap_or(Timestamp::MAX);
    let over = waiting.iter().map(|waiting| waiting.deadline).min();
    over.map(|over| over.min(soon))
}

/// Retires what no live pod holds up any more among `names`; how each that was on its way out stands.
pub async fn settle(
    context: &Context,
    place: &Place,
    names: &[SecretName],
) -> Result<Vec<Succeeding>, Failure> {
    let (coffer, caller) = (&context.coffer, &context.caller);
    let found = coffer
        .settle_successions(caller, place, names, &|_| false)
        .await?;
    let waiting = found.iter().filter(|found| found.retired.is_none());
    let gone = gone(context, waiting.flat_map(|found| &found.laggards)).await;
    if gone.is_empty() {
        return Ok(found);
    }
    // Their end was missed: whatever else counts them is put right too.
    for uid in &gone {
        context.pods.forget(Some(place), uid).await;
    }
    let is_gone = |laggard: &Laggard| gone.contains(&laggard.pod_uid);
    let mut again = coffer.settle_successions(caller, place, names, &is_gone).await?;
    again.extend(found.into_iter().filter(|found| found.retired.is_some()));
    Ok(again)
}

/// The uids of those whose pods do not run. One that cannot be looked up counts as live: it may come back.
async fn gone<'a>(context: &Context, laggards: impl Iterator<Item = &'a Laggard>) -> BTreeSet<String> {
    let (mut seen, mut gone) = (BTreeSet::new(), BTreeSet::new());
    for laggard in laggards {
        if !seen.insert(&laggard.pod_uid) {
            continue;
        }
        let Laggard {
            namespace,
            pod,
            pod_uid,
            ..
        } = laggard;
        match context.pods.is_live(namespace, pod, pod_uid).await {
            Ok(true) => {}
            Ok(false) => drop(gone.insert(pod_uid.clone())),
            Err(error) => {
                tracing::warn!(namespace, pod, %error, "a pod that lags cannot be looked up; it counts as live");
            }
        }
    }
    gone
}

/// The first of those who lag, as a status names them.
pub fn named(laggards: &[Laggard]) -> Vec<LaggingPod> {
    let shown = laggards.iter().take(MOST_NAMED).map(|laggard| LaggingPod {
        namespace: laggard.namespace.clone(),
        pod: laggard.pod.clone(),
        version: laggard.holds.map(Version::get),
        since: seconds(laggard.since),
    });
    shown.collect()
}

/// Counts what waits, and tells what was retired: one Event for what went as it should, one for what went though
/// somebody held it.
pub async fn report(context: &Context, kind: &'static str, about: &ObjectReference, found: &[Succeeding]) {
    let waiting = found.iter().filter(|found| found.retired.is_none());
    let since = waiting.map(|found| found.since).min();
    let uid = about.uid.as_deref().unwrap_or_default();
    context.metrics.waits(kind, uid, since);
    for (cause, gravity, reason) in [
        (Cause::Acknowledged, Gravity::Normal, "Retired"),
        (Cause::Deadline, Gravity::Warning, "RetiredAtDeadline"),
    ] {
        let told = found.iter().filter(|found| found.retired == Some(cause));
        let notes: Vec<String> = told.map(note).collect();
        if !notes.is_empty() {
            let note = notes.join("; ");
            context
                .events
                .publish(about, gravity, reason, "Retire", &note)
                .await;
        }
    }
}

fn note(found: &Succeeding) -> String {
    let Succeeding {
        name,
        current,
        oldest,
        laggards,
        ..
    } = found;
    if laggards.is_empty() {
        return format!("{name}: version {oldest} is retired, no live pod lags behind version {current}");
    }
    let line = coffer_crds::lagging::in_a_line(&named(laggards), laggards.len(), "").unwrap_or_default();
    format!("{name}: version {oldest} is retired at its deadline, before these had version {current}: {line}")
}
