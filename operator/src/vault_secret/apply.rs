//! Declaring the values, and mirroring them.

use std::collections::BTreeMap;

use coffer_crds::{RemoteVersion, SyncedSecret, VaultSecret, condition::reason};
use coffer_domain::{
    address::Place,
    usecase::secrets::{KeyState, Succeeding},
};
use jiff::Timestamp;
use kube::Resource;

use super::{
    decide::{self, Decision},
    gather, mirror,
    remote::Report,
};
use crate::{
    context::Context,
    controller::Kind,
    declare::declare,
    events::Gravity,
    halt::{Halt, settle},
    identity::Identity,
    problem::Problem,
    succession,
};

/// How everything stands afterwards.
pub struct Outcome {
    /// Each value, and each public half of a key pair.
    pub states: Vec<KeyState>,
    /// When generated values rotate next.
    pub next_rotation: Option<Timestamp>,
    /// What is on its way out, and whom it waits for.
    pub retiring: Vec<Succeeding>,
    /// When they last did.
    pub last_rotation: Option<Timestamp>,
    /// Why something asked for is not in place.
    pub problem: Option<Problem>,
    /// What values are from, on another server.
    pub remotes: BTreeMap<String, RemoteVersion>,
    /// What there is to say of those.
    pub report: Option<Report>,
    /// The mirror, when one is asked for.
    pub synced: Option<Result<SyncedSecret, Problem>>,
}

impl Outcome {
    /// When to look again: at the next rotation, which waits for what is on its way out.
    pub fn wake(&self, now: Timestamp) -> Option<Timestamp> {
        succession::wake(&self.retiring, now).or(self.next_rotation)
    }
}

/// Carries out `decision`.
pub async fn apply(
    object: &VaultSecret,
    context: &Context,
    identity: &Identity,
    place: &Place,
    decision: Decision,
) -> Result<Outcome, Halt> {
    let states = declare(context, place, &decision.declaration).await?;
    if !decision.rotating.is_empty() {
        tell_rotated(object, context, &decision, &states).await;
    }
    let retiring = retiring(object, context, place, &decision).await?;
    let synced = mirror::keep(object, context, identity, place, &states).await;
    let synced = settle(synced)?;
    let next = decision.schedule.as_ref();
    Ok(Outcome {
        next_rotation: next.and_then(|schedule| decide::next_rotation(&object.spec, schedule, &states)),
        last_rotation: decide::last_rotation(&object.spec, &states),
        problem: decision.problem.or_else(|| awaited(&states)),
        remotes: decision.remotes,
        report: decision.report,
        synced: synced.transpose(),
        retiring,
        states,
    })
}

/// Retires what nobody holds up; what is still held up.
async fn retiring(
    object: &VaultSecret,
    context: &Context,
    place: &Place,
    decision: &Decision,
) -> Result<Vec<Succeeding>, Halt> {
    let mut found = if decision.settles {
        succession::settle(context, place, &gather::names(object)).await?
    } else {
        Vec::new()
    };
    succession::report(context, VaultSecret::KIND, &object.object_ref(&()), &found).await;
    found.retain(|found| found.retired.is_none());
    Ok(found)
}

async fn tell_rotated(object: &VaultSecret, context: &Context, decision: &Decision, states: &[KeyState]) {
    context.metrics.rotated("VaultSecret");
    let rotated = states
        .iter()
        .filter(|state| decision.rotating.contains(&state.name));
    let names = rotated.filter_map(|state| Some(format!("{} (version {})", state.name, state.version?)));
    let note = format!("rotated {}", names.collect::<Vec<_>>().join(", "));
    context
        .events
        .publish(
            &object.object_ref(&()),
            Gravity::Normal,
            "Rotated",
            "Rotate",
            &note,
        )
        .await;
}

/// External values that nobody has written, and copies that were never made.
fn awaited(states: &[KeyState]) -> Option<Problem> {
    let names: Vec<&str> = states
        .iter()
        .filter(|state| state.version.is_none())
        .map(|state| state.name.as_str())
        .collect();
    (!names.is_empty()).then(|| {
        let message = format!(
            "no value was written yet for {}; write it through the API",
            names.join(", ")
        );
        Problem::waiting(reason::AWAITING_VALUE, message)
    })
}
