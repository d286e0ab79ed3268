//! What a `VaultSecret`'s status says: versions, times and names; never a value or a hash of one.

use std::collections::BTreeMap;

use coffer_crds::{
    KeyStatus, RemoteVersion, RetiringValue, VaultSecret, VaultSecretStatus,
    condition::{self, Draft, ENV_FILE_COMPATIBLE, REMOTE_CURRENT, SYNCED, reason},
};
use coffer_domain::{
    envfile::WAYS_OUT,
    usecase::secrets::{KeyState, Succeeding},
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{Api, Resource};

use super::{apply::Outcome, remote::Report};
use crate::{
    conditions,
    context::{Context, seconds},
    failure::Failure,
    problem::Problem,
    status,
    succession::named,
    text::{LONGEST_MESSAGE, shortened},
};

/// Writes what differs, with an Event when Ready changes.
pub async fn write(
    object: &VaultSecret,
    context: &Context,
    api: &Api<VaultSecret>,
    outcome: Result<Outcome, Problem>,
) -> Result<(), Failure> {
    let old = object.status.clone().unwrap_or_default();
    let new = next(object, &old, outcome, &context.time());
    status::write(api, &context.fresh, object, &old, &new).await?;
    context
        .events
        .publish_transition(&object.object_ref(&()), &old.conditions, &new.conditions)
        .await;
    context
        .events
        .publish_remote(&object.object_ref(&()), &old.conditions, &new.conditions)
        .await;
    Ok(())
}

/// The next status. Consumers are counted elsewhere and stay as they are.
fn next(
    object: &VaultSecret,
    old: &VaultSecretStatus,
    outcome: Result<Outcome, Problem>,
    now: &Time,
) -> VaultSecretStatus {
    let observed_generation = object.meta().generation;
    let environment = Some(object.spec.environment().to_owned());
    match outcome {
        Err(problem) => {
            let drafts = conditions::drafts(Some(&problem), "");
            let mut conditions = condition::merge(&old.conditions, drafts, observed_generation, now);
            // What was last known of these still holds, for the generation they name: nothing was done.
            let kept = old
                .conditions
                .iter()
                .filter(|it| [SYNCED, ENV_FILE_COMPATIBLE, REMOTE_CURRENT].contains(&it.type_.as_str()));
            conditions.extend(kept.cloned());
            VaultSecretStatus {
                observed_generation,
                environment,
                conditions,
                ..old.clone()
            }
        }
        Ok(outcome) => {
            let said = condition::find(&old.conditions, REMOTE_CURRENT);
            let same = said.filter(|_| matches!(outcome.report, Some(Report::Same(_))));
            let mut drafts = drafts(&outcome);
            if let (Some(Report::New(draft) | Report::Same(draft)), None) = (&outcome.report, same) {
                drafts.push(draft.clone());
            }
            let mut conditions = condition::merge(&old.conditions, drafts, observed_generation, now);
            conditions.extend(same.cloned());
            VaultSecretStatus {
                observed_generation,
                environment,
                conditions,
                key_count: Some(u32::try_from(outcome.states.len()).unwrap_or(u32::MAX)),
                keys: outcome
                    .states
                    .iter()
                    .map(|state| key(state, &outcome.remotes))
                    .collect(),
                last_rotation: outcome.last_rotation.map(seconds),
                next_rotation: outcome.next_rotation.map(seconds),
                retiring: outcome.retiring.iter().map(retiring).collect(),
                consumers: old.consumers.clone(),
                returned: old.returned.clone(),
                synced_secret: match outcome.synced {
                    Some(Ok(synced)) => Some(synced),
                    Some(Err(_)) => old.synced_secret.clone(),
                    None => None,
                },
            }
        }
    }
}

fn drafts(outcome: &Outcome) -> Vec<Draft> {
    let unsynced = outcome.synced.as_ref().and_then(|synced| synced.as_ref().err());
    let problem = outcome.problem.as_ref().or(unsynced);
    let count = outcome.states.len();
    let done = if count == 1 {
        "the value is in place".to_owned()
    } else {
        format!("all {count} values are in place")
    };
    let mut drafts = conditions::drafts(problem, &done);
    drafts.extend(outcome.synced.as_ref().map(|synced| match synced {
        Ok(synced) => Draft::yes(
            SYNCED,
            reason::SECRET_SYNCED,
            format!("Secret {} holds the values", synced.name),
        ),
        Err(problem) => Draft::no(SYNCED, problem.reason, &problem.message),
    }));
    drafts.push(env_file(&outcome.states));
    drafts
}

/// Which values an env file cannot carry, and the ways out.
fn env_file(states: &[KeyState]) -> Draft {
    let unfit = states
        .iter()
        .filter_map(|state| Some(format!("{}: {}", state.name, state.env_file_unfit.as_ref()?)));
    let unfit: Vec<String> = unfit.collect();
    if unfit.is_empty() {
        return Draft::yes(ENV_FILE_COMPATIBLE, reason::EVERY_VALUE_FITS, "");
    }
    let message = format!("an env file cannot carry {}; {WAYS_OUT}", unfit.join("; "));
    Draft::no(
        ENV_FILE_COMPATIBLE,
        reason::VALUES_DO_NOT_FIT,
        shortened(&message, LONGEST_MESSAGE),
    )
}

fn retiring(found: &Succeeding) -> RetiringValue {
    RetiringValue {
        name: found.name.to_string(),
        version: found.oldest.get(),
        since: seconds(found.since),
        deadline: seconds(found.deadline),
        waiting: u32::try_from(found.laggards.len()).unwrap_or(u32::MAX),
        waiting_for: named(&found.laggards),
    }
}

fn key(state: &KeyState, remotes: &BTreeMap<String, RemoteVersion>) -> KeyStatus {
    KeyStatus {
        name: state.name.to_string(),
        version: state.version.map(coffer_domain::address::Version::get),
        changed: state.changed_at.map(seconds),
        remote: remotes.get(state.name.as_str()).cloned(),
    }
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
