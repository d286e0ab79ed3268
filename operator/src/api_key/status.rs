//! What an `ApiKey`'s status says: ids and times, never a token.

use coffer_crds::{ApiKey, ApiKeyStatus, PreviousKey, condition};
use jiff::Timestamp;
use kube::{Api, Resource};

use super::apply::Outcome;
use crate::{
    conditions,
    context::{Context, seconds},
    failure::Failure,
    problem::Problem,
    status,
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
        previous: previous.map(|it| PreviousKey {
            key_id: key_id.clone(),
            valid_until: seconds(it.valid_until),
        }),
        key_id: Some(key_id),
    }
}
