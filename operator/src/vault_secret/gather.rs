//! What a `VaultSecret` is decided on: its vault, the values it copies, and what is stored already.

use std::{collections::BTreeMap, sync::Arc};

use coffer_crds::{
    Source, Vault, VaultSecret,
    condition::{self, reason},
};
use coffer_domain::{
    Error,
    address::Place,
    entity::{Owner, Secret},
    name::SecretName,
    seal::SealError,
    secret_value::SecretValue,
};
use jiff::Timestamp;
use kube::ResourceExt;

use super::remote::{self, Remotes};
use crate::{
    context::Context, halt::Halt, identity::Identity, problem::Problem, reference::referenced,
    sources::Sources,
};

/// All that is known.
pub struct World {
    /// Now.
    pub now: Timestamp,
    /// Who owns the values.
    pub owner: Owner,
    /// Whether keys may be stored that the object declares no more: it changed since it was last declared.
    pub may_have_left: bool,
    /// The values to copy, or why one cannot be read, by key of `data`.
    pub copies: BTreeMap<String, Result<SecretValue, Problem>>,
    /// What is stored under the names of `data`, and of the public halves.
    pub stored: BTreeMap<String, Secret>,
    /// What another server has for entries of `data`.
    pub remotes: Remotes,
}

/// The vault that the object refers to.
pub fn vault(object: &VaultSecret, context: &Context) -> Result<Arc<Vault>, Problem> {
    referenced(
        context,
        &object.namespace().unwrap_or_default(),
        &object.spec.vault_ref.name,
    )
}

/// Reads the rest.
pub async fn gather(
    object: &VaultSecret,
    context: &Context,
    identity: &Identity,
    place: &Place,
) -> Result<World, Halt> {
    let stored = context
        .coffer
        .survey_secrets(&context.caller, place, &names(object))
        .await;
    let stored = stored.map_err(|error| vault_missing(error, context, object))?;
    let stored = stored
        .into_iter()
        .map(|secret| (secret.name.to_string(), secret))
        .collect();
    Ok(World {
        now: context.now(),
        owner: identity.owner(),
        may_have_left: may_have_left(object),
        copies: copies(object, context, identity, place).await?,
        remotes: remote::gather(object, context, identity, place, &stored).await?,
        stored,
    })
}

/// A first generation left nothing behind, nor did one that is Ready: that comes last.
pub fn may_have_left(object: &VaultSecret) -> bool {
    // Being deleted is a generation of its own, in which nothing is declared.
    let deleted = object.metadata.deletion_timestamp.is_some();
    let generation = object.metadata.generation.map(|now| now - i64::from(deleted));
    let conditions = object.status.as_ref().map(|status| status.conditions.as_slice());
    let ready = condition::find(conditions.unwrap_or_default(), condition::READY);
    let done = ready.is_some_and(|ready| ready.status == "True" && ready.observed_generation == generation);
    generation != Some(1) && !done
}

/// The names of its secrets that are names; others are for [`super::decide`] to refuse.
pub fn names(object: &VaultSecret) -> Vec<SecretName> {
    let names = object.spec.secret_names().into_iter();
    names.filter_map(|name| SecretName::new(name).ok()).collect()
}

async fn copies(
    object: &VaultSecret,
    context: &Context,
    identity: &Identity,
    place: &Place,
) -> Result<BTreeMap<String, Result<SecretValue, Problem>>, Halt> {
    let mut sources = Sources::new(context, &identity.namespace);
    let mut copies = unsealed(object, context, place).await?;
    for (key, entry) in &object.spec.data {
        if let Ok(Source::SecretKeyRef(reference)) = entry.source() {
            copies.insert(key.clone(), sources.read(key, reference).await?);
        }
    }
    Ok(copies)
}

/// The values that came sealed, opened, or why one is not.
async fn unsealed(
    object: &VaultSecret,
    context: &Context,
    place: &Place,
) -> Result<BTreeMap<String, Result<SecretValue, Problem>>, Halt> {
    let sealed = object.spec.data.iter().filter_map(|(key, entry)| {
        let Ok(Source::Sealed(text)) = entry.source() else {
            return None;
        };
        Some((SecretName::new(key).ok()?, text.to_owned()))
    });
    let sealed: Vec<(SecretName, String)> = sealed.collect();
    if sealed.is_empty() {
        return Ok(BTreeMap::new());
    }
    let refusals = &context.refusals;
    let known =
        |name: &SecretName, why: &SealError| refusals.knows(object, name.as_str(), &refused(name, why));
    let opened = context
        .coffer
        .unseal_secrets(&context.caller, place, &sealed, &known)
        .await?;
    let named = sealed.into_iter().zip(opened).map(|((name, _), value)| {
        let value = value.map_err(|why| {
            let message = refused(&name, &why);
            refusals.note(object, name.as_str(), &message);
            Problem::stalled(reason::SEAL_REFUSED, message)
        });
        (name.to_string(), value)
    });
    Ok(named.collect())
}

fn refused(name: &SecretName, why: &SealError) -> String {
    format!("data.{name}.sealed: {why}")
}

/// The store has no such vault though there is a `Vault`: what that says of itself is the better answer.
fn vault_missing(error: Error, context: &Context, object: &VaultSecret) -> Halt {
    match (&error, vault(object, context)) {
        (
            Error::NotFound {
                what: "vault" | "organization",
                ..
            },
            Ok(vault),
        ) => {
            let conditions = vault.status.as_ref().map(|status| status.conditions.as_slice());
            let ready = condition::find(conditions.unwrap_or_default(), condition::READY);
            let why = ready.map_or("it is not in the store yet", |ready| &ready.message);
            let message = format!("vault {} is not ready: {why}", vault.name_any());
            Problem::waiting(reason::VAULT_NOT_READY, message).into()
        }
        _ => error.into(),
    }
}
