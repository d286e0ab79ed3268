//! What the pods of a service account would be given, for a bundle that they may start with while nobody can
//! give them anything. The same rights as a delivery; no pod holds it yet, so no ledger says so.

use std::collections::BTreeMap;

use super::{
    Caller, Coffer,
    consumers::{Delivery, Wanted, versions},
};
use crate::{
    Error,
    address::{Place, Version},
    audit::Outcome,
    name::SecretName,
    principal::{Principal, Workload},
};

const ACTION: &str = "secret.bundle";

/// The service account that a bundle is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub service_account: String,
    /// The bundle: named in the audit log where a delivery has its pod.
    pub bundle: String,
}

impl Holder {
    /// As rights and the audit log know it: like a pod of that service account.
    fn caller(&self) -> Caller {
        let workload = Workload {
            namespace: self.namespace.clone(),
            service_account: self.service_account.clone(),
            pod: self.bundle.clone(),
            pod_uid: String::new(),
        };
        Caller {
            principal: Principal::Workload(workload),
            ..Caller::controller()
        }
    }
}

impl Coffer {
    /// The versions that belong in a bundle now. Not an access: no value is read, and only a refusal is recorded.
    pub async fn bundle_versions(
        &self,
        holder: &Holder,
        place: &Place,
        wanted: &Wanted,
    ) -> Result<BTreeMap<SecretName, Version>, Error> {
        self.wanted_versions(&holder.caller(), place, wanted).await
    }

    /// Reads what belongs in a bundle, and enters that in the audit log.
    pub async fn bundle(
        &self,
        holder: &Holder,
        place: &Place,
        wanted: &Wanted,
    ) -> Result<BTreeMap<SecretName, Delivery>, Error> {
        let caller = holder.caller();
        let (located, secrets) = self.wanted_secrets(&caller, place, wanted).await?;
        let opened = self.open_all(&located, place, &secrets).await?;
        let mut event = self.event(&caller, ACTION, place.to_string(), Outcome::Allowed);
        event.versions = versions(&opened);
        self.store.record(located.organization.id, event).await?;
        Ok(opened)
    }
}
