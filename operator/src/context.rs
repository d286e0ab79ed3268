//! What every reconciler is given: the cluster, the use-cases, the caches, and what it reports to.

use std::{collections::BTreeSet, sync::Arc};

use coffer_crds::{ApiKey, Vault, VaultSecret};
use coffer_domain::usecase::{Caller, Coffer};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{
    Client,
    runtime::reflector::{ObjectRef, Store},
};

use crate::{
    backoff::Backoff, bundle::Desk, events::Events, fresh::Fresh, index::VaultIndex, learned::Learned,
    mailbox::Mail, metrics::Metrics, pods::Pods, refusals::Refusals, remote::Remotes, repairs::Repairs,
    restart::Wakes, rivals::Rivals, secret_watch::Users,
};

/// The namespaces whose core Secrets the operator may read and write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretNamespaces {
    /// Every one (`*`).
    All,
    /// These; none by default.
    These(BTreeSet<String>),
}

impl SecretNamespaces {
    /// Whether `namespace` is one of them.
    pub fn contains(&self, namespace: &str) -> bool {
        match self {
            Self::All => true,
            Self::These(names) => names.contains(namespace),
        }
    }
}

/// Read access to the cached objects of each kind.
#[derive(Clone)]
pub struct Caches {
    /// Vaults.
    pub vaults: Store<Vault>,
    /// Vault secrets.
    pub secrets: Store<VaultSecret>,
    /// API keys.
    pub keys: Store<ApiKey>,
}

/// Everything a reconciler needs.
pub struct Context {
    /// The cluster.
    pub client: Client,
    /// The use-cases.
    pub coffer: Coffer,
    /// Whom they are asked for.
    pub caller: Caller,
    /// Where core Secrets may be touched.
    pub secret_namespaces: SecretNamespaces,
    /// The other server that values are copied from.
    pub remotes: Remotes,
    /// The cached objects.
    pub caches: Caches,
    /// Whom to wake.
    pub mail: Mail,
    /// Which vault of the store is which object's.
    pub(crate) index: VaultIndex,
    /// Events.
    pub events: Events,
    /// Metrics.
    pub metrics: Metrics,
    /// The pods that run.
    pub pods: Arc<Pods>,
    /// Our own last writes.
    pub(crate) fresh: Fresh,
    /// What our own reconciliations know of values, and no status shows yet.
    pub(crate) learned: Learned,
    /// Who waits for a name that another has.
    pub(crate) rivals: Rivals,
    /// Who uses which core Secret.
    pub(crate) users: Users,
    /// Consecutive failures.
    pub(crate) backoff: Backoff,
    /// Secrets that were put right.
    pub(crate) repairs: Repairs,
    /// What is on record as refused.
    pub(crate) refusals: Refusals,
    /// Where bundles are asked for, if any are kept.
    pub(crate) bundles: Option<Arc<Desk>>,
    /// Places where workloads may have to be restarted.
    pub(crate) restarts: Wakes,
}

/// A context that reconcilers share.
pub type Shared = Arc<Context>;

/// What a context is made from.
pub struct Parts {
    /// The cluster.
    pub client: Client,
    /// The use-cases.
    pub coffer: Coffer,
    /// Where core Secrets may be touched.
    pub secret_namespaces: SecretNamespaces,
    /// The other server that values are copied from.
    pub remotes: Remotes,
    /// The cached objects.
    pub caches: Caches,
    /// Whom to wake.
    pub mail: Mail,
    /// Events.
    pub events: Events,
    /// Metrics.
    pub metrics: Metrics,
    /// The pods that run.
    pub pods: Arc<Pods>,
    /// Where bundles are asked for, if any are kept.
    pub bundles: Option<Arc<Desk>>,
}

impl From<Parts> for Context {
    fn from(parts: Parts) -> Self {
        Self {
            client: parts.client,
            coffer: parts.coffer,
            caller: Caller::controller(),
            secret_namespaces: parts.secret_namespaces,
            remotes: parts.remotes,
            caches: parts.caches,
            mail: parts.mail,
            index: VaultIndex::default(),
            events: parts.events,
            metrics: parts.metrics,
            pods: parts.pods,
            fresh: Fresh::default(),
            learned: Learned::default(),
            rivals: Rivals::default(),
            users: Users::default(),
            backoff: Backoff::default(),
            repairs: Repairs::default(),
            refusals: Refusals::default(),
            bundles: parts.bundles,
            restarts: Wakes::default(),
        }
    }
}

impl Context {
    /// Has the `VaultSecret`s looked at again that `concerned` picks.
    pub fn wake_secrets(&self, concerned: impl Fn(&VaultSecret) -> bool) {
        let objects = self.caches.secrets.state_filter(concerned);
        let references = objects.iter().map(|object| ObjectRef::from_obj(&**object));
        self.mail.secrets.send_all(references);
    }

    /// Has the `ApiKey`s looked at again that `concerned` picks.
    pub fn wake_keys(&self, concerned: impl Fn(&ApiKey) -> bool) {
        let objects = self.caches.keys.state_filter(concerned);
        let references = objects.iter().map(|object| ObjectRef::from_obj(&**object));
        self.mail.keys.send_all(references);
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.coffer.clock().now()
    }

    /// Now, as a status says it.
    pub fn time(&self) -> Time {
        seconds(self.now())
    }
}

/// Times in a status have whole seconds, as Kubernetes' own: a finer one could differ from what is read back.
pub fn seconds(time: Timestamp) -> Time {
    Time(Timestamp::from_second(time.as_second()).unwrap_or(time))
}
