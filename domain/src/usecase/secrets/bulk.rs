//! Many secrets of one environment at once: all or none made, all read in one access.

use super::{
    LIST, READ, WRITE,
    plan::{Ownership, Plan, label},
    read::{Read, may_list, readable},
    write::{Written, check_size},
};
use crate::{
    Error,
    address::Place,
    audit::Outcome,
    entity::{Purpose, Secret},
    metadata::{Kind, Metadata},
    name::{OrgName, SecretName, VaultName},
    principal::Principal,
    secret_value::SecretValue,
    usecase::{ATTEMPTS, Caller, Coffer, access::Ask, consumers::may_read, contended},
};

/// A secret to be made.
#[derive(Debug, Clone)]
pub struct NewSecret {
    /// Its name, which must be free.
    pub name: SecretName,
    /// Its first value.
    pub value: SecretValue,
    /// What is said of it.
    pub metadata: Metadata,
}

/// A stretch of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// How many to leave out first.
    pub skip: usize,
    /// How many at most.
    pub limit: usize,
}

impl Span {
    /// All of it.
    pub const ALL: Self = Self {
        skip: 0,
        limit: usize::MAX,
    };
}

/// A key for one secret reads that, and no environment.
fn is_for_one(caller: &Caller) -> bool {
    matches!(&caller.principal, Principal::ApiKey(key) if matches!(key.purpose, Purpose::Item(_)))
}

impl Coffer {
    /// Whether the caller may write somewhere in an environment: for doors that would make something costly first.
    pub async fn may_write(&self, caller: &Caller, place: &Place) -> Result<(), Error> {
        self.authorise(caller, WRITE, place, None).await.map(|_| ())
    }

    /// Makes secrets, all or none; refused if one of the names is taken.
    pub async fn create_secrets(
        &self,
        caller: &Caller,
        place: &Place,
        new: &[NewSecret],
    ) -> Result<Vec<Written>, Error> {
        let ask = Ask {
            action: "secret.create",
            ..WRITE
        };
        for one in new {
            check_size(&one.value)?;
            one.metadata.check()?;
        }
        for _ in 0..ATTEMPTS {
            let located = self.authorise(caller, ask, place, None).await?;
            let target = match new {
                [one] => place.secret(one.name.clone()).to_string(),
                _ => place.to_string(),
            };
            let event = self.event(caller, ask.action, target, Outcome::Allowed);
            let mut plan = Plan::new(place, &located, event);
            let mut made = Vec::with_capacity(new.len());
            for one in new {
                self.authorise(caller, ask, place, Some(&one.name)).await?;
                let taken = self
                    .store
                    .secret(located.vault.id, &place.environment, &one.name)
                    .await?;
                if taken.is_some() || made.iter().any(|made: &Written| made.secret.name == one.name) {
                    return Err(super::describe::exists(&place.secret(one.name.clone())));
                }
                let ownership = Ownership {
                    metadata: Some(one.metadata.clone()),
                    ..Ownership::default()
                };
                let (secret, meta) = plan.write(self, &one.name, None, one.value.clone(), ownership);
                made.push(Written { secret, meta });
            }
            if made.is_empty() || self.try_commit(plan.finish()).await? {
                return Ok(made);
            }
        }
        Err(contended(place))
    }

    /// The secrets of an environment that can be read now and that the caller may read, with their values, in
    /// the order in which they were made. One access, whose record names each version that `span` lets through.
    pub async fn read_environment(
        &self,
        caller: &Caller,
        place: &Place,
        span: Span,
    ) -> Result<Vec<Read>, Error> {
        self.read_environment_of(caller, place, None, span).await
    }

    /// The same of one kind of secrets; the others are not touched.
    pub async fn read_environment_of(
        &self,
        caller: &Caller,
        place: &Place,
        kind: Option<Kind>,
        span: Span,
    ) -> Result<Vec<Read>, Error> {
        let ask = Ask {
            action: "secret.pull",
            ..READ
        };
        let located = self.authorise(caller, ask, place, None).await?;
        let now = self.clock.now();
        let all = self.environment(&located, place).await?.into_values();
        let mut readable_now: Vec<Secret> = all
            .filter(|secret| secret.current.is_some() && secret.usable(now).is_ok())
            .filter(|secret| kind.is_none_or(|kind| kind == secret.kind()))
            .filter(|secret| may_read(caller, &located, secret) && !is_for_one(caller))
            .collect();
        readable_now.sort_by_key(|secret| (secret.created_at, secret.id));
        let mut event = self.event(caller, ask.action, place.to_string(), Outcome::Allowed);
        let mut read = Vec::new();
        for secret in readable_now.iter().skip(span.skip).take(span.limit) {
            let environment = &place.environment;
            let opened = self.store.open(&located, environment, &secret.name, None).await?;
            // Deleted or trashed a moment ago: then it is not among those read.
            let found = opened.map(|opened| readable(opened, &place.secret(secret.name.clone()), None));
            if let Some(Ok(found)) = found {
                event
                    .versions
                    .push(label(&secret.name, &found.meta.version.to_string()));
                read.push(found);
            }
        }
        self.store.record(located.organization.id, event).await?;
        Ok(read)
    }

    /// The secrets of all environments of a vault that the caller may see, without values, in the order of
    /// environments and then in that of their making.
    pub async fn list_vault_secrets(
        &self,
        caller: &Caller,
        organization: &OrgName,
        vault: &VaultName,
    ) -> Result<Vec<Secret>, Error> {
        let located = self.authorise_vault(caller, LIST, organization, vault).await?;
        let mut visible = Vec::new();
        for environment in &located.vault.environments {
            let place = Place {
                organization: organization.clone(),
                vault: vault.clone(),
                environment: environment.clone(),
            };
            let all = self.environment(&located, &place).await?.into_values();
            let mut here: Vec<Secret> = all
                .filter(|secret| secret.current.is_some() && may_list(caller, &located, secret))
                .collect();
            here.sort_by_key(|secret| (secret.created_at, secret.id));
            visible.append(&mut here);
        }
        let target = format!("coffer://{organization}/{vault}");
        let event = self.event(caller, LIST.action, target, Outcome::Allowed);
        self.store.record(located.organization.id, event).await?;
        Ok(visible)
    }
}
