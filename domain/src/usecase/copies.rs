//! Copying what another server keeps into the store: decided by rules of its own, and recorded in the
//! organization's chain.

use super::{
    Caller, Coffer,
    access::{Ask, not_found},
    controllers::controllers_only,
};
use crate::{
    Error, audit::Outcome, canonical_uri::CanonicalUri, copy_rule::CopyRules, name::OrgName,
    rights::Permission,
};

const COPY: Ask = Ask {
    permission: Permission::Read,
    action: "secret.copy",
};

impl Coffer {
    /// Decides whether our controllers may copy for `organization` what `uri` names, and records it either way. To be
    /// asked before each value that is copied, and once for each that may not be.
    pub async fn permit_copy(
        &self,
        caller: &Caller,
        organization: &OrgName,
        uri: &CanonicalUri,
        rules: &CopyRules,
    ) -> Result<(), Error> {
        controllers_only(caller, uri)?;
        let found = self.store.organization(organization).await?;
        let found = found.ok_or_else(|| not_found("organization", organization.to_string()))?;
        if !rules.allow(organization, &uri.path) {
            return Err(self.refused(caller, COPY, found.id, uri.to_string()).await?);
        }
        let event = self.event(caller, COPY.action, uri.to_string(), Outcome::Allowed);
        Ok(self.store.record(found.id, event).await?)
    }
}
