//! From Kubernetes' names to the domain's: namespace = organization, `Vault` name = vault, and who owns
//! what in the store.

use coffer_crds::condition::reason;
use coffer_domain::{
    address::Place,
    entity::Owner,
    name::{BadName, EnvName, OrgName, VaultName},
};
use kube::{Resource, ResourceExt, runtime::reflector::ObjectRef};

use crate::{failure::Failure, problem::Problem};

/// Which object: its kind, namespace, name and uid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `Vault`, `VaultSecret` or `ApiKey`.
    pub kind: &'static str,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid: another object of the same name has another.
    pub uid: String,
}

impl Identity {
    /// Of a stored object.
    pub fn of<K: Resource>(kind: &'static str, object: &K) -> Result<Self, Failure> {
        let meta = object.meta();
        Ok(Self {
            kind,
            namespace: meta.namespace.clone().ok_or(Failure::Incomplete("namespace"))?,
            name: object.name_any(),
            uid: meta.uid.clone().ok_or(Failure::Incomplete("uid"))?,
        })
    }

    /// As the store names an owner.
    pub fn owner(&self) -> Owner {
        Owner {
            kind: self.kind.to_owned(),
            name: format!("{}/{}", self.namespace, self.name),
            uid: self.uid.clone(),
        }
    }

    /// The organization of its namespace.
    pub fn organization(&self) -> Result<OrgName, Problem> {
        OrgName::new(&self.namespace).map_err(|bad| misnamed("metadata.namespace", &bad))
    }

    /// An environment of a vault in its namespace.
    pub fn place(&self, vault: &str, environment: &str) -> Result<Place, Problem> {
        Ok(Place {
            organization: self.organization()?,
            vault: VaultName::new(vault).map_err(|bad| misnamed("spec.vaultRef.name", &bad))?,
            environment: EnvName::new(environment).map_err(|bad| misnamed("spec.environment", &bad))?,
        })
    }
}

/// A name in `field` that the schema should have refused.
pub fn misnamed(field: &str, bad: &BadName) -> Problem {
    Problem::stalled(reason::INVALID_SPEC, format!("{field}: {bad}"))
}

/// The object that an owner in the store names, for a look-up in a cache; `None` for other kinds.
pub fn object_of<K: Resource<DynamicType = ()>>(owner: &Owner) -> Option<ObjectRef<K>> {
    let (namespace, name) = owner.name.split_once('/')?;
    (owner.kind == K::kind(&())).then(|| ObjectRef::new(name).within(namespace))
}
