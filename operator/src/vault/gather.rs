//! What the operator remembers of vaults beside their objects.

use coffer_crds::Vault;
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
