//! What keeps secrets elsewhere, with the domain's rights and audit before it: each request is decided and recorded
//! in the tenant's chain before the provider hears of it.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;

use super::{
    Actor, Change, Entry, Found, History, Intent, Moved, Provider, ProviderFault, Removed, Shift, Wrote,
};
use crate::{
    address::Version,
    canonical_uri::{CanonicalUri, UriPrefix},
    rights::Permission,
    usecase::{Coffer, foreign::ForeignAccess},
};

/// A provider behind the domain's decisions.
pub struct Foreign {
    coffer: Coffer,
    inner: Arc<dyn Provider>,
}

impl Foreign {
    /// Puts `coffer`'s decisions before `inner`.
    pub fn new(coffer: Coffer, inner: Arc<dyn Provider>) -> Self {
        Self { coffer, inner }
    }

    async fn permit(
        &self,
        actor: &Actor,
        uri: &CanonicalUri,
        (permission, action): (Permission, &'static str),
    ) -> Result<(), ProviderFault> {
        let access = ForeignAccess {
            organization: &actor.tenant,
            vault: uri.path.mount(),
            name: uri.path.key(),
            target: uri.whole().to_string(),
            permission,
            action,
        };
        Ok(self.coffer.permit_foreign(&actor.caller, access).await?)
    }
}

#[async_trait]
impl Provider for Foreign {
    fn keeps_versions(&self) -> bool {
        self.inner.keeps_versions()
    }

    async fn read(&self, actor: &Actor, uri: &CanonicalUri) -> Result<Found, ProviderFault> {
        self.permit(actor, uri, (Permission::Read, "secret.read")).await?;
        self.inner.read(actor, uri).await
    }

    async fn write(
        &self,
        actor: &Actor,
        uri: &CanonicalUri,
        change: &Change,
        intent: Intent,
    ) -> Result<Wrote, ProviderFault> {
        let asked = match intent {
            Intent::Write => (Permission::Write, "secret.write"),
            Intent::Rotate => (Permission::Rotate, "secret.rotate"),
        };
        self.permit(actor, uri, asked).await?;
        self.inner.write(actor, uri, change, intent).await
    }

    async fn remove(&self, actor: &Actor, uri: &CanonicalUri) -> Result<Removed, ProviderFault> {
        self.permit(actor, uri, (Permission::Delete, "secret.delete"))
            .await?;
        self.inner.remove(actor, uri).await
    }

    async fn destroy(&self, actor: &Actor, uri: &CanonicalUri) -> Result<Removed, ProviderFault> {
        self.permit(actor, uri, (Permission::Destroy, "secret.destroy"))
            .await?;
        self.inner.destroy(actor, uri).await
    }

    async fn history(&self, actor: &Actor, uri: &CanonicalUri) -> Result<History, ProviderFault> {
        self.permit(actor, uri, (Permission::List, "secret.versions"))
            .await?;
        self.inner.history(actor, uri).await
    }

    async fn shift(
        &self,
        actor: &Actor,
        uri: &CanonicalUri,
        versions: &[Version],
        shift: Shift,
    ) -> Result<Moved, ProviderFault> {
        let asked = match shift {
            Shift::Undelete => (Permission::Delete, "secret.undelete"),
            Shift::Destroy => (Permission::Destroy, "secret.destroy"),
        };
        self.permit(actor, uri, asked).await?;
        self.inner.shift(actor, uri, versions, shift).await
    }

    async fn set_owner(
        &self,
        actor: &Actor,
        uri: &CanonicalUri,
        owner: &str,
    ) -> Result<BTreeMap<String, String>, ProviderFault> {
        self.permit(actor, uri, (Permission::Write, "secret.amend"))
            .await?;
        self.inner.set_owner(actor, uri, owner).await
    }

    async fn entries(&self, actor: &Actor, prefix: &UriPrefix) -> Result<Vec<Entry>, ProviderFault> {
        let uri = CanonicalUri {
            backend: prefix.backend,
            path: prefix.path.clone(),
            fragment: None,
            version: None,
        };
        self.permit(actor, &uri, (Permission::List, "secret.list"))
            .await?;
        self.inner.entries(actor, prefix).await
    }
}
