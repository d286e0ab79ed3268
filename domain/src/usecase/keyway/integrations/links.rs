//! Links: which environment of a provider's project a vault's environment was copied to or from.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{super::Keyway, connections::Connection, sync::SyncRequest};
use crate::{
    Error,
    id::{RecordId, VaultId},
    integration::{Provider, Target},
    record::{Collection, Document, Kept, RecordQuery},
    usecase::{ATTEMPTS, Caller, MAX_PAGE, contended, documents, keyway::Entered},
};

/// Two environments that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// Its id.
    pub id: RecordId,
    /// The vault.
    pub vault: VaultId,
    /// By which connection.
    pub connection: RecordId,
    /// With whom.
    pub provider: Provider,
    /// The provider's id of the project.
    pub project: String,
    /// The project's name, if it was to be had.
    pub project_name: Option<String>,
    /// The vault's environment.
    pub keyway_environment: String,
    /// The provider's, and after a colon the service, where there is one.
    pub provider_environment: String,
    /// When it was last copied.
    pub synced_at: Option<Timestamp>,
}

impl Document for Link {
    const COLLECTION: Collection = Collection::new("keyway.link");
    const NOUN: &'static str = "link";

    fn group(&self) -> String {
        self.vault.to_string()
    }
}

/// One link for each of these: `connection:vault:project:environment`.
fn key(vault: VaultId, connection: RecordId, target: &Target) -> String {
    format!("{connection}:{vault}:{}:{}", target.project, environment(target))
}

/// An environment's name, with its service.
fn environment(target: &Target) -> String {
    match &target.service {
        Some(service) => format!("{}:{service}", target.environment),
        None => target.environment.clone(),
    }
}

impl Keyway {
    /// The links of a vault.
    pub async fn links(&self, vault: VaultId) -> Result<Vec<Kept<Link>>, Error> {
        let group = vault.to_string();
        self.coffer.all_kept(self.home().await?, Some(&group)).await
    }

    /// Deletes the links of a vault that is no more.
    pub async fn drop_links(&self, caller: &Caller, vault: VaultId) -> Result<(), Error> {
        for link in self.links(vault).await? {
            self.remove(caller, &link).await?;
        }
        Ok(())
    }

    /// Deletes what was linked by a connection that is no more.
    pub(super) async fn drop_links_of(&self, caller: &Caller, connection: RecordId) -> Result<(), Error> {
        let (home, first) = (self.home().await?, format!("{connection}:"));
        loop {
            let query = RecordQuery {
                organization: home,
                collection: Link::COLLECTION,
                group: None,
                after: Some(&first),
                descending: false,
                skip: 0,
                limit: MAX_PAGE,
                now: self.coffer.clock().now(),
            };
            let page = self.coffer.store.records(&query).await?.into_iter();
            let page: Vec<Kept<Link>> = page.map(documents::read).collect::<Result<_, _>>()?;
            let count = page.len();
            let own: Vec<_> = page
                .into_iter()
                .take_while(|link| link.key.starts_with(&first))
                .collect();
            for link in &own {
                self.remove(caller, link).await?;
            }
            if own.len() < count || count < MAX_PAGE as usize {
                return Ok(());
            }
        }
    }

    /// Links two environments; whether they were not linked before.
    pub async fn link(
        &self,
        entered: &Entered,
        connection: &Connection,
        request: &SyncRequest,
    ) -> Result<(Kept<Link>, bool), Error> {
        self.mark(entered, connection, request, None).await
    }

    /// Keeps a link, and, if they were, that its environments were copied.
    pub(super) async fn mark(
        &self,
        entered: &Entered,
        connection: &Connection,
        request: &SyncRequest,
        synced_at: Option<Timestamp>,
    ) -> Result<(Kept<Link>, bool), Error> {
        let (vault, home) = (entered.located.vault.id, self.home().await?);
        let key = key(vault, connection.id, &request.target);
        let named = request.environment.as_str();
        for _ in 0..ATTEMPTS {
            if self.coffer.kept::<Link>(home, &key).await?.is_some() {
                let change = |link: Link| {
                    Ok(Link {
                        keyway_environment: named.to_owned(),
                        synced_at: synced_at.or(link.synced_at),
                        ..link
                    })
                };
                return Ok((self.change(&entered.caller, home, &key, change).await?, false));
            }
            let body = Link {
                id: RecordId::fresh(self.coffer.clock(), self.coffer.entropy()),
                vault,
                connection: connection.id,
                provider: connection.provider,
                project: request.target.project.clone(),
                project_name: self.project_name(connection, &request.target.project).await,
                keyway_environment: named.to_owned(),
                provider_environment: environment(&request.target),
                synced_at,
            };
            if let Some(made) = self.add(&entered.caller, home, &key, &body, None).await? {
                return Ok((made, true));
            }
        }
        Err(contended("the link"))
    }

    /// A project's name, if the provider tells it: a link is good without.
    async fn project_name(&self, connection: &Connection, id: &str) -> Option<String> {
        let projects = self.projects(connection).await.ok()?;
        let found = projects.into_iter().find(|project| project.id == id);
        found.map(|project| project.name)
    }
}
