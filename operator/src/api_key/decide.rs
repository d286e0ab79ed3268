//! What an `ApiKey` asks for, and the one step that comes next. Pure.

use std::time::Duration;

use coffer_crds::{ApiKeyRotation, ApiKeySpec, EnvironmentScope, Scope, Vault, condition::reason};
use coffer_domain::{
    entity::ApiKey as Stored,
    pattern::Pattern,
    rights::{Grant, Permission},
    rotation::Schedule,
};
use jiff::{SignedDuration, Timestamp};

use super::gather::World;
use crate::{problem::Problem, reference::check_environment, schedule};

/// How long the previous token works when a token is replaced without `rotation`: as with an absent overlap.
const OVERLAP: Duration = Duration::from_hours(1);

/// What the spec asks for.
#[derive(Debug)]
pub struct Wish {
    /// What the key may do.
    pub grants: Vec<Grant>,
    /// How long a token works.
    pub expires_in: Option<SignedDuration>,
    /// When it is replaced.
    pub schedule: Option<Schedule>,
    /// How long the one before it still works, at most.
    pub overlap: Duration,
    /// How long, at most, it works for pods that have not put its successor in place; `None`: it waits for nobody.
    pub patience: Option<Duration>,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There is no key: make one.
    Issue,
    /// The schedule says so: a new token, the present one works on for the overlap.
    Rotate,
    /// The token in place was lost: as a rotation.
    Replace,
    /// The present token never came to its place: a new one, and the one in place works on for the overlap.
    Reissue,
    /// The token in place is the present one.
    Keep,
}

/// Reads the spec.
pub fn wish(spec: &ApiKeySpec, vault: &Vault) -> Result<Wish, Problem> {
    let environment = match spec.environment() {
        EnvironmentScope::All => Pattern::any(),
        EnvironmentScope::One(name) => {
            check_environment(vault, name)?;
            Pattern::new(name)
        }
    };
    let grant = Grant {
        permissions: spec.scopes.iter().copied().map(permission).collect(),
        vault: Pattern::new(&spec.vault_ref.name),
        environment,
        names: spec.keys().into_iter().map(Pattern::new).collect(),
    };
    let rotation = spec.rotation.as_ref();
    Ok(Wish {
        grants: vec![grant],
        expires_in: spec
            .expires_in
            .as_ref()
            .map(|length| seconds(length.to_seconds())),
        schedule: rotation
            .map(|rotation| schedule::parse(rotation.timing()))
            .transpose()?,
        overlap: rotation.map_or(OVERLAP, |rotation| {
            Duration::from_secs(rotation.overlap_seconds())
        }),
        patience: rotation
            .and_then(ApiKeyRotation::patience_seconds)
            .map(Duration::from_secs),
    })
}

fn seconds(seconds: u64) -> SignedDuration {
    SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))
}

fn permission(scope: Scope) -> Permission {
    match scope {
        Scope::SecretsRead => Permission::Read,
        Scope::SecretsList => Permission::List,
        Scope::SecretsWrite => Permission::Write,
        Scope::SecretsDelete => Permission::Delete,
        Scope::SecretsDestroy => Permission::Destroy,
        Scope::SecretsRotate => Permission::Rotate,
        Scope::ConsumersRead => Permission::ReadConsumers,
    }
}

/// Decides.
pub fn decide(wish: &Wish, world: &World) -> Result<Step, Problem> {
    let Some(stored) = &world.stored else {
        return Ok(Step::Issue);
    };
    let expired = wish.expires_at(stored).is_some_and(|end| end <= world.now);
    let due = wish
        .schedule
        .as_ref()
        .is_some_and(|schedule| schedule.is_due(stored.rotated_at, world.now));
    if expired && wish.schedule.is_none() {
        let message =
            "the key has expired; give spec.rotation, a longer spec.expiresIn, or make a new ApiKey";
        return Err(Problem::stalled(reason::EXPIRED, message));
    }
    Ok(match world.in_place {
        None => Step::Replace,
        Some(made) if made != stored.rotated_at => Step::Reissue,
        // The next rotation waits until the last one is over; a token that has ended cannot.
        Some(_) if expired || (due && !wish.waits(stored, world.now)) => Step::Rotate,
        Some(_) => Step::Keep,
    })
}

impl Wish {
    /// Whether the token before still works for pods that may lag.
    pub fn waits(&self, stored: &Stored, now: Timestamp) -> bool {
        let works = stored
            .previous
            .as_ref()
            .is_some_and(|previous| previous.valid_until > now);
        self.patience.is_some() && works
    }

    /// When the present token of `stored` is to stop working.
    pub fn expires_at(&self, stored: &Stored) -> Option<Timestamp> {
        self.expires_after(stored.rotated_at)
    }

    /// When a token made at `made` is to stop working; one beyond the end of time never does.
    pub fn expires_after(&self, made: Timestamp) -> Option<Timestamp> {
        made.checked_add(self.expires_in?).ok()
    }
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
