//! Saying how restarts stand: the conditions `RolledOut` and `RolledBack` of each `VaultSecret` concerned, and Events.

use std::sync::Arc;

use coffer_crds::{
    ReturnedKey, VaultSecret, VaultSecretStatus,
    condition::{self, Draft, ROLLED_BACK, ROLLED_OUT, reason},
};
use coffer_domain::{address::Place, usecase::secrets::Return};
use kube::{Api, Resource, ResourceExt};

use super::{
    apply::versions,
    marks::Spans,
    model::{Key, Plan, State},
};
use crate::{
    context::Context,
    events::Gravity,
    failure::Failure,
    feed::is_in,
    status,
    text::{LONGEST_MESSAGE, shortened},
};

/// The most workloads that one message names.
const MOST_NAMED: usize = 8;

/// Writes how the restarts of a place stand. `false`: a cache is behind our own last write, so ask again.
pub async fn write(context: &Context, place: &Place, plan: &Plan) -> Result<bool, Failure> {
    let mut all_fresh = true;
    let silent = plan.states.iter().all(|((its, _), _)| its != place);
    for object in objects(context, place) {
        if !context.fresh.has_seen(object.meta()) {
            all_fresh = false;
            continue;
        }
        let Some(old) = object.status.as_ref() else {
            continue;
        };
        if silent && says_nothing(old) {
            continue;
        }
        let names = object.spec.secret_names();
        let drafts: Vec<(&Key, &State, Spans)> = plan
            .states
            .iter()
            .filter(|((its, _), _)| its == place)
            .map(|((_, key), (state, spans))| {
                let mut spans = spans.clone();
                spans.retain(|name, _| names.iter().any(|own| own == name.as_str()));
                (key, state, spans)
            })
            .collect();
        let mut new = old.clone();
        forget_overtaken(&mut new);
        let (generation, now) = (object.meta().generation, context.time());
        let had = condition::find(&old.conditions, ROLLED_OUT).is_some();
        new.conditions = condition::put(
            &new.conditions,
            ROLLED_OUT,
            rolled_out(&drafts, had),
            generation,
            &now,
        );
        let back = rolled_back(&new);
        new.conditions = condition::put(&new.conditions, ROLLED_BACK, back, generation, &now);
        if new == *old {
            continue;
        }
        if save(context, &object, old, &new).await? {
            tell_trouble(context, &object, old, &new).await;
        } else {
            all_fresh = false;
        }
    }
    Ok(all_fresh)
}

/// Whether there is nothing to take back of what was said before.
fn says_nothing(status: &VaultSecretStatus) -> bool {
    let said = |kind| condition::find(&status.conditions, kind).is_some();
    status.returned.is_empty() && !said(ROLLED_OUT) && !said(ROLLED_BACK)
}

/// `false`: the object has changed, or is gone.
async fn save(
    context: &Context,
    object: &VaultSecret,
    old: &VaultSecretStatus,
    new: &VaultSecretStatus,
) -> Result<bool, Failure> {
    let api: Api<VaultSecret> =
        Api::namespaced(context.client.clone(), &object.namespace().unwrap_or_default());
    match status::write_shared(&api, &context.fresh, object, old, new).await {
        Err(failure) if failure.is_gone() => Ok(false),
        result => result.map(|_| true),
    }
}

fn objects(context: &Context, place: &Place) -> Vec<Arc<VaultSecret>> {
    context.caches.secrets.state_filter(|object| is_in(object, place))
}

/// A return speaks of the version it made: of what came later it says nothing.
fn forget_overtaken(status: &mut VaultSecretStatus) {
    let keys = &status.keys;
    status.returned.retain(|one| {
        let current = keys
            .iter()
            .find(|key| key.name == one.name)
            .and_then(|key| key.version);
        current.is_none_or(|current| current <= one.version)
    });
}

/// `None` while nothing is restarted for this object's secrets; once something was, it stays and says so.
fn rolled_out(workloads: &[(&Key, &State, Spans)], had: bool) -> Option<Draft> {
    let mut worst: Option<(u8, &'static str)> = None;
    let mut lines = Vec::new();
    for (key, state, spans) in workloads.iter().filter(|(_, _, spans)| !spans.is_empty()) {
        let Some((rank, reason, words)) = words(state, spans) else {
            continue;
        };
        worst = worst.max(Some((rank, reason)));
        lines.push((rank, format!("{key} {words}")));
    }
    let Some((_, reason)) = worst else {
        return had.then(|| {
            Draft::yes(
                ROLLED_OUT,
                reason::EVERY_WORKLOAD_CURRENT,
                "every workload runs with the current values",
            )
        });
    };
    lines.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    let more = lines.len().saturating_sub(MOST_NAMED);
    let mut message = lines
        .into_iter()
        .take(MOST_NAMED)
        .map(|(_, line)| line)
        .collect::<Vec<_>>()
        .join("; ");
    if more > 0 {
        message = format!("{message}; and {more} more");
    }
    Some(Draft::no(
        ROLLED_OUT,
        reason,
        shortened(&message, LONGEST_MESSAGE),
    ))
}

/// How grave, the reason, and the words after the workload's name.
fn words(state: &State, spans: &Spans) -> Option<(u8, &'static str, String)> {
    let of = versions(spans);
    Some(match state {
        State::Current => return None,
        State::Restarting => (1, reason::RESTARTING, format!("is being restarted for {of}")),
        State::Turn => (1, reason::RESTARTING, format!("waits for its turn, for {of}")),
        State::Window(Some(opens)) => (
            2,
            reason::RESTARTS_WAIT,
            format!("waits for the window that opens {opens}, for {of}"),
        ),
        State::Window(None) => (2, reason::RESTARTS_WAIT, format!("waits for a window, for {of}")),
        State::Unready => (
            2,
            reason::RESTARTS_WAIT,
            format!("is not ready or is being rolled out, and waits until that is over, for {of}"),
        ),
        State::Budget(name) => (
            2,
            reason::RESTARTS_WAIT,
            format!("waits for PodDisruptionBudget {name} to allow a disruption, for {of}"),
        ),
        State::Cannot(why) => (
            3,
            reason::CANNOT_RESTART,
            format!("holds older values than {of}: {why}"),
        ),
        State::Loop => (
            4,
            reason::RESTART_LOOP,
            format!(
                "was restarted too often, and is not for now, for {of}; find out who keeps changing the values"
            ),
        ),
        State::Halted(key) => (
            5,
            reason::WORKLOAD_NOT_READY,
            format!("is not restarted: {key} did not become ready with {of}"),
        ),
        State::Failed(why) => (
            6,
            reason::WORKLOAD_NOT_READY,
            format!("did not become ready in time after its restart for {of}: {why}"),
        ),
    })
}

fn rolled_back(status: &VaultSecretStatus) -> Option<Draft> {
    let current = |name: &str| status.keys.iter().find(|key| key.name == name)?.version;
    let lines: Vec<String> = status
        .returned
        .iter()
        .filter(|one| current(&one.name) == Some(one.version))
        .map(line)
        .collect();
    let message = shortened(&lines.join("; "), LONGEST_MESSAGE);
    (!lines.is_empty()).then(|| Draft::yes(ROLLED_BACK, reason::RETURNED, message))
}

fn line(one: &ReturnedKey) -> String {
    let ReturnedKey {
        name,
        from,
        failed,
        version,
        workload,
        ..
    } = one;
    format!(
        "{workload} did not become ready with {name} version {failed}; version {version} holds the value of version \
         {from} again"
    )
}

/// Notes on the objects concerned that their secrets are about to return (or, with `false`, that they do not). Whether all
/// could be noted: a cache that is behind our own writes cannot be written over.
pub async fn note_return(
    context: &Context,
    place: &Place,
    key: &Key,
    returns: &[Return],
    noted: bool,
) -> Result<bool, Failure> {
    for object in objects(context, place) {
        let names = object.spec.secret_names();
        let concerned = |one: &&Return| names.iter().any(|name| name == one.name.as_str());
        if !returns.iter().any(|one| concerned(&one)) {
            continue;
        }
        if !context.fresh.has_seen(object.meta()) {
            return Ok(false);
        }
        let old = object.status.clone().unwrap_or_default();
        let mut new = old.clone();
        for one in returns.iter().filter(concerned) {
            new.returned.retain(|present| present.name != one.name.as_str());
            if noted {
                new.returned.push(ReturnedKey {
                    name: one.name.to_string(),
                    from: one.to.get(),
                    failed: one.from.get(),
                    version: one.from.next().get(),
                    workload: key.to_string(),
                    at: context.time(),
                });
            }
        }
        if !save(context, &object, &old, &new).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// One Event on each object.
pub async fn tell_return(context: &Context, place: &Place, key: &Key, returns: &[Return]) {
    for object in objects(context, place) {
        let names = object.spec.secret_names();
        let lines: Vec<String> = returns
            .iter()
            .filter(|one| names.iter().any(|name| name == one.name.as_str()))
            .map(|one| {
                format!(
                    "{} from version {} to the value of version {}",
                    one.name, one.from, one.to
                )
            })
            .collect();
        if lines.is_empty() {
            continue;
        }
        let note = format!("{key} did not become ready: returned {}", lines.join(", "));
        context
            .events
            .publish(
                &object.object_ref(&()),
                Gravity::Warning,
                "RolledBack",
                "Return",
                &note,
            )
            .await;
    }
}

/// One Event when restarts come to a halt.
async fn tell_trouble(
    context: &Context,
    object: &VaultSecret,
    old: &VaultSecretStatus,
    new: &VaultSecretStatus,
) {
    let before = condition::find(&old.conditions, ROLLED_OUT).map(|it| it.reason.as_str());
    let Some(after) = condition::find(&new.conditions, ROLLED_OUT) else {
        return;
    };
    let grave = [
        reason::WORKLOAD_NOT_READY,
        reason::RESTART_LOOP,
        reason::CANNOT_RESTART,
    ];
    if before == Some(after.reason.as_str()) || !grave.contains(&after.reason.as_str()) {
        return;
    }
    if after.reason == reason::RESTART_LOOP {
        context.metrics.restarted("looping");
    }
    context
        .events
        .publish(
            &object.object_ref(&()),
            Gravity::Warning,
            &after.reason,
            "Restart",
            &after.message,
        )
        .await;
}
