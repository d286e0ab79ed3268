//! Who acts.

use std::{borrow::Cow, collections::BTreeSet, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    entity::Purpose,
    id::{ApiKeyId, OrgId, UserId},
    name::Label,
    repo_role::Scope,
    rights::Grant,
};

/// Whoever asks, as authenticated at the edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// A program or person with an API key. Shared by all requests with it.
    ApiKey(Arc<KeyHolder>),
    /// A pod, by its service account.
    Workload(Workload),
    /// Somebody a dialect knows by name, with what its rules give them.
    User(User),
    /// A subject that a trusted issuer vouches for, or, where that is allowed, anybody.
    External(External),
    /// Our own controllers, acting on what the Kubernetes API server authorised (`kubectl apply`).
    Controller,
}

/// The holder of an API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyHolder {
    /// Which key.
    pub id: ApiKeyId,
    /// Its label.
    pub name: Label,
    /// The tenant it belongs to.
    pub organization: OrgId,
    /// The projects of that tenant that it reaches too; no other.
    pub also: Arc<[OrgId]>,
    /// Whether those are all there are, and all there will be.
    pub whole_account: bool,
    /// What it is for.
    pub purpose: Purpose,
    /// The user it acts for; then it has no grants of its own.
    pub user: Option<UserId>,
    /// What it is cut down to; `None`: not.
    pub scopes: Option<BTreeSet<Scope>>,
    /// What it may do.
    pub grants: Vec<Grant>,
}

/// Somebody a dialect knows by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Who.
    pub id: UserId,
    /// The organization that keeps what is known of them, and whose audit chain has their refusals.
    pub home: OrgId,
    /// What they may do, each in one organization.
    pub grants: Vec<(OrgId, Grant)>,
    /// The key they came with, if they came with one, and what it is cut down to.
    pub key: Option<(ApiKeyId, BTreeSet<Scope>)>,
    /// Whether a vault that they have no part in is hidden from them in all its parts, or only when they ask for the
    /// vault itself.
    pub conceal: Conceal,
}

/// Somebody whom a trusted issuer vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct External {
    /// As the issuer's configuration names the subject: `auth:account:idp:alice`. Printable, without spaces.
    pub name: String,
    /// The tenant, whose audit chain has their refusals.
    pub home: OrgId,
    /// What they may do there.
    pub grants: Vec<Grant>,
}

/// What looks as if it did not exist to those who may not see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conceal {
    /// The vault and all that is in it.
    Everything,
    /// The vault itself; what is asked of its insides is forbidden.
    VaultItself,
}

/// A live pod, from a verified, pod-bound service-account token.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Workload {
    /// Namespace of the pod.
    pub namespace: String,
    /// Its service account.
    pub service_account: String,
    /// The pod's name.
    pub pod: String,
    /// The pod's uid.
    pub pod_uid: String,
}

impl Principal {
    /// How the audit log names it: `key:<id>`, `pod:<namespace>/<name>@<service account>`, `user:<id>`,
    /// `subject:<name>`, `controller`.
    pub fn describe(&self) -> String {
        match self {
            Self::ApiKey(key) => format!("key:{}", key.id),
            Self::Workload(w) => format!("pod:{}/{}@{}", w.namespace, w.pod, w.service_account),
            Self::User(user) => format!("user:{}", user.id),
            Self::External(subject) => format!("subject:{}", subject.name),
            Self::Controller => "controller".to_owned(),
        }
    }

    /// Whether an organization is its own, or one in which it was given something.
    pub fn has_part_in(&self, organization: OrgId) -> bool {
        match self {
            Self::ApiKey(key) => key.organization == organization || key.also.contains(&organization),
            Self::User(user) => {
                user.home == organization || user.grants.iter().any(|(id, _)| *id == organization)
            }
            Self::External(subject) => subject.home == organization,
            Self::Workload(_) => false,
            Self::Controller => true,
        }
    }

    /// The grants it could hand on: all of them for our controllers.
    pub fn grants(&self) -> Cow<'_, [Grant]> {
        match self {
            Self::ApiKey(key) => Cow::Borrowed(&key.grants),
            Self::Workload(_) | Self::User(_) | Self::External(_) => Cow::Borrowed(&[]),
            Self::Controller => Cow::Owned(vec![Grant::administrator()]),
        }
    }
}
