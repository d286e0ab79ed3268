//! Making, replacing and updating the key. Between a token's making and its coming to its place anything
//! may fail: the next reconciliation then finds the mark of an older token and reissues, and the token in
//! place works on meanwhile.

use coffer_crds::{ApiKey, condition::reason};
use coffer_domain::{
    Error,
    entity::ApiKey as Stored,
    name::Label,
    usecase::{
        api_keys::{IssuedKey, NewApiKey},
        secrets::Succeeding,
    },
};
use jiff::Timestamp;
use kube::Resource;

use super::{
    decide::{Step, Wish},
    gather::World,
    place::Place,
};
use crate::{
    context::Context,
    controller::Kind,
    events::Gravity,
    failure::Failure,
    halt::Halt,
    identity::{Identity, misnamed},
    succession,
};

/// How the key stands afterwards.
pub struct Outcome {
    /// As stored.
    pub stored: Stored,
    /// When it is replaced next.
    pub next_rotation: Option<Timestamp>,
    /// Whom the end of the previous token waits for.
    pub retiring: Vec<Succeeding>,
    /// Whether the next rotation waits for that end.
    pub waits: bool,
}

impl Outcome {
    /// When to look again: at the next rotation, the end of the key, and the end of the previous token.
    pub fn times(&self, now: Timestamp) -> Vec<Timestamp> {
        let previous = self.stored.previous.as_ref().map(|previous| previous.valid_until);
        // One that is due and waits for nothing is not to be missed.
        let next = self.next_rotation.filter(|next| !self.waits || *next > now);
        let again = succession::wake(&self.retiring, now);
        let ends = [self.stored.expires_at, previous, again];
        let ends = ends.into_iter().flatten().filter(|time| *time > now);
        ends.chain(next).collect()
    }
}

/// Takes the step.
pub async fn apply(
    object: &ApiKey,
    context: &Context,
    identity: &Identity,
    place: &Place<'_>,
    wish: &Wish,
    world: World,
    step: Step,
) -> Result<Outcome, Halt> {
    if step == Step::Replace {
        place.check_repair(context)?;
    }
    let issued = take(context, identity, wish, world.stored.as_ref(), step).await?;
    let (key, token) = match (issued, world.stored) {
        (Some(IssuedKey { key, token }), _) => (key, Some(token)),
        (None, Some(key)) => (key, None),
        (None, None) => return Err(Failure::Incomplete("key").into()),
    };
    let (id, expires_at) = (key.id, wish.expires_at(&key));
    let organization = identity.organization()?;
    let grants = wish.grants.clone();
    let mut stored = context
        .coffer
        .update_api_key(&context.caller, &organization, id, grants, expires_at)
        .await?;
    if let Some(token) = token {
        place
            .put(context, identity, &stored, &token, wish.patience)
            .await?;
        tell(object, context, &stored, step).await;
    }
    let mut found = place.settle(context).await?;
    succession::report(context, ApiKey::KIND, &object.object_ref(&()), &found).await;
    if found.iter().any(|found| found.retired.is_some()) {
        stored = context
            .coffer
            .get_api_key(&context.caller, &organization, id)
            .await?;
    }
    found.retain(|found| found.retired.is_none());
    let observed = object
        .status
        .as_ref()
        .and_then(|status| status.observed_generation);
    if observed.is_some() && observed != object.meta().generation {
        place.tidy(context, identity, &object.spec).await?;
    }
    let next_rotation = wish
        .schedule
        .as_ref()
        .and_then(|schedule| schedule.next_after(stored.rotated_at));
    Ok(Outcome {
        waits: wish.waits(&stored, context.now()),
        stored,
        next_rotation,
        retiring: found,
    })
}

async fn take(
    context: &Context,
    identity: &Identity,
    wish: &Wish,
    stored: Option<&Stored>,
    step: Step,
) -> Result<Option<IssuedKey>, Halt> {
    let (coffer, caller, organization) = (&context.coffer, &context.caller, identity.organization()?);
    let issued = match (step, stored) {
        (Step::Keep, Some(_)) => return Ok(None),
        (Step::Reissue, Some(key)) => {
            coffer
                .reissue_api_key(caller, &organization, key.id, wish.overlap)
                .await?
        }
        (Step::Rotate | Step::Replace, Some(key)) => {
            coffer
                .rotate_api_key(caller, &organization, key.id, wish.overlap)
                .await?
        }
        (Step::Issue, _) | (_, None) => {
            let name = format!("{}/{}", identity.namespace, identity.name);
            let name = Label::new(name).map_err(|bad| misnamed("metadata.name", &bad))?;
            let new = NewApiKey {
                expires_at: wish.expires_after(context.now()),
                owner: Some(identity.owner()),
                ..NewApiKey::plain(name, wish.grants.clone())
            };
            create(context, identity, new).await?
        }
    };
    Ok(Some(issued))
}

/// The organization may not exist yet in a namespace whose vault is new.
async fn create(context: &Context, identity: &Identity, new: NewApiKey) -> Result<IssuedKey, Halt> {
    let organization = identity.organization()?;
    match context
        .coffer
        .create_api_key(&context.caller, &organization, new)
        .await
    {
        Err(error @ Error::NotFound { .. }) => {
            Err(crate::problem::Problem::waiting(reason::VAULT_NOT_READY, error.to_string()).into())
        }
        result => Ok(result?),
    }
}

/// One Event per replaced token; a first one is told by the status alone.
async fn tell(object: &ApiKey, context: &Context, stored: &Stored, step: Step) {
    let until = stored.previous.as_ref().map_or_else(String::new, |previous| {
        format!(
            "; the one before it works until {}",
            crate::context::seconds(previous.valid_until).0
        )
    });
    let (gravity, reason, note) = match step {
        Step::Issue | Step::Keep => return,
        Step::Rotate => (Gravity::Normal, "Rotated", format!("a new token was made{until}")),
        Step::Replace => (
            Gravity::Warning,
            "TokenLost",
            format!("the token was lost or altered; a new one was made{until}"),
        ),
        Step::Reissue => (
            Gravity::Normal,
            "Reissued",
            format!("a token that had not been written was made anew{until}"),
        ),
    };
    context.metrics.rotated("ApiKey");
    context
        .events
        .publish(&object.object_ref(&()), gravity, reason, "Rotate", &note)
        .await;
}
