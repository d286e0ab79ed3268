//! What an `ApiKey`'s status says: ids and times, never a token.

use coffer_crds::{ApiKey, ApiKeyStatus, PreviousKey, condition, lagging::in_a_line};
use coffer_domain::usecase::secrets::Succeeding;
use jiff::Timestamp;
use kube::{Api, Resource, ResourceExt};

use super::apply::Outcome;
use crate::{
    conditions,
    context::{Context, seconds},
    failure::Failure,
    problem::Problem,
    status,
    succession::named,
};

/// Writes what differs, with an Event when Ready changes.
pub async fn write(
    object: &ApiKey,
    context: &Context,
    api: &Api<ApiKey>,
    outcome: Result<Outcome, Problem>,
) -> Result<(), Failure> {
    let old = object.status.clone().unwrap_or_default();
    let new = next(object, &old, outcome, context.now());
    status::write(api, &context.fresh, object, &old, &new).await?;
    context
        .events
        .publish_transition(&object.object_ref(&()), &old.conditions, &new.conditions)
        .await;
    Ok(())
}

fn next(
    object: &ApiKey,
    old: &ApiKeyStatus,
    outcome: Result<Outcome, Problem>,
    now: Timestamp,
) -> ApiKeyStatus {
    let observed_generation = object.meta().generation;
    let environment = Some(
        object
            .spec
            .environment
            .clone()
            .unwrap_or_else(|| "default".to_owned()),
    );
    let drafts = conditions::drafts(outcome.as_ref().err(), "the key is in its place");
    let conditions = condition::merge(&old.conditions, drafts, observed_generation, &seconds(now));
    let Ok(Outcome {
        stored,
        next_rotation,
        retiring,
        ..
    }) = outcome
    else {
        return ApiKeyStatus {
            observed_generation,
            environment,
            conditions,
            ..old.clone()
        };
    };
    let previous = stored.previous.filter(|previous| previous.valid_until > now);
    let key_id = stored.id.to_string();
    ApiKeyStatus {
        observed_generation,
        conditions,
        environment,
        created_at: Some(seconds(stored.rotated_at)),
        expires_at: stored.expires_at.map(seconds),
        last_rotation: (stored.rotated_at > stored.created_at).then(|| seconds(stored.rotated_at)),
        next_rotation: next_rotation.map(seconds),
        previous: previous.map(|it| previous_key(object, &key_id, it.valid_until, retiring.first())),
        key_id: Some(key_id),
    }
}

/// The key before, and whom its end waits for.
fn previous_key(
    object: &ApiKey,
    key_id: &str,
    valid_until: Timestamp,
    retiring: Option<&Succeeding>,
) -> PreviousKey {
    let laggards = retiring.map(|retiring| retiring.laggards.as_slice());
    let waiting_for = laggards.map(named).unwrap_or_default();
    let all = laggards.map(<[_]>::len);
    let namespace = object.namespace().unwrap_or_default();
    PreviousKey {
        key_id: key_id.to_owned(),
        valid_until: seconds(valid_until),
        waiting: all.map(|all| u32::try_from(all).unwrap_or(u32::MAX)),
        lagging: in_a_line(&waiting_for, all.unwrap_or_default(), &namespace),
        waiting_for,
    }
}
