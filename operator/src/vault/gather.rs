//! What is known of a vault beside its spec.

use coffer_crds::{Vault, condition};
use coffer_domain::name::{OrgName, VaultName};
use kube::ResourceExt;

use crate::context::Context;

/// A vault whose object is gone: changes of the store concern nobody here any more.
pub fn forget(vault: &Vault, context: &Context) {
    let organization = OrgName::new(vault.namespace().unwrap_or_default());
    if let (Ok(organization), Ok(name)) = (organization, VaultName::new(vault.name_any())) {
        context.index.forget(&organization, &name);
    }
}

/// What matters to those that refer to a vault: which one of the store it is, of which generation, and how
/// it stands. The count of its secrets does not.
pub fn outlook(vault: &Vault) -> (Option<&str>, Option<&str>, Option<i64>, Option<&str>) {
    let status = vault.status.as_ref();
    let ready = status.and_then(|status| condition::find(&status.conditions, condition::READY));
    (
        vault.metadata.uid.as_deref(),
        status.and_then(|status| status.id.as_deref()),
        status.and_then(|status| status.observed_generation),
        ready.map(|ready| ready.reason.as_str()),
    )
}
