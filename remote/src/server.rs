//! The provider port, in the server's words.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use coffer_domain::{
    address::Version,
    canonical_uri::{CanonicalUri, UriPath, UriPrefix},
    entity::VersionState,
    provider::{
        Actor, Change, Entry, Found, Gone, History, Intent, Moved, PayloadFault, Provider, ProviderFault,
        Removed, Shift, Stamp, Wrote,
    },
    secret_json::SecretJson,
};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    http::Answer,
    keys::{Keys, Written},
    metadata,
    options::{BadOptions, Options},
    trouble::Again,
};

/// How long one operation may take, with all that is sent and tried again for it.
const LONGEST: Duration = Duration::from_secs(90);

/// What time it is.
type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A server.
#[derive(Clone)]
pub struct VaultServer(Arc<Inner>);

struct Inner {
    keys: Keys,
    now: Now,
}

impl fmt::Debug for VaultServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VaultServer").field(&self.0.keys).finish()
    }
}

impl VaultServer {
    /// As the options say, with this clock.
    pub fn new(
        options: &Options,
        now: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Result<Self, BadOptions> {
        let inner = Inner {
            keys: Keys::new(options)?,
            now: Arc::new(now),
        };
        Ok(Self(Arc::new(inner)))
    }
}

/// An operation that takes no longer than it may.
async fn within<T>(operation: impl Future<Output = Result<T, ProviderFault>>) -> Result<T, ProviderFault> {
    timeout(LONGEST, operation)
        .await
        .unwrap_or(Err(ProviderFault::Slow))
}

impl Inner {
    async fn get(&self, place: (&str, &UriPath), query: &str) -> Result<Answer, ProviderFault> {
        self.keys.ask(Method::GET, place, query, None, Again::Safe).await
    }

    async fn history(&self, path: &UriPath) -> Result<History, ProviderFault> {
        let answer = self.get(("metadata", path), "").await?;
        match answer.status {
            200 => metadata::history(answer.data(), (self.now)()),
            404 => Err(ProviderFault::NotFound),
            _ => Err(ProviderFault::Broken),
        }
    }

    async fn read(&self, uri: &CanonicalUri) -> Result<Found, ProviderFault> {
        let pinned = uri
            .version
            .map_or_else(String::new, |version| format!("?version={version}"));
        let answer = self.get(("data", &uri.path), &pinned).await?;
        let data = answer.data();
        match answer.status {
            200 if data["data"].is_object() => Ok(Found {
                value: SecretJson::new(data["data"].clone()),
                version: data["metadata"]["version"].as_u64().and_then(Version::new),
            }),
            // What was deleted or destroyed comes with what is said of it.
            404 if data["metadata"].is_object() => Err(gone(&data["metadata"])),
            404 => Err(ProviderFault::NotFound),
            _ => Err(ProviderFault::Broken),
        }
    }

    async fn write(
        &self,
        actor: &Actor,
        path: &UriPath,
        change: &Change,
        intent: Intent,
    ) -> Result<Wrote, ProviderFault> {
        let written = {
            let _turn = self.keys.turn(path).await;
            match change {
                Change::Replace(map) => self.replace(path, map, intent).await?,
                Change::Set(..) | Change::Unset(_) => self.keys.change(path, change).await?,
            }
        };
        let data = written.answer.data();
        self.stamp(actor, path, data).await;
        Ok(Wrote {
            old: Version::new(written.old),
            new: data["version"].as_u64().and_then(Version::new),
        })
    }

    /// Writes a map over whatever is there; where every write must name the version before it, it does.
    async fn replace(
        &self,
        path: &UriPath,
        map: &SecretJson,
        intent: Intent,
    ) -> Result<Written, ProviderFault> {
        let old = match intent {
            Intent::Rotate => self.history(path).await.map_or(0, |history| history.current),
            Intent::Write => 0,
        };
        match self.keys.put(path, map, None).await? {
            Some(answer) => Ok(Written { old, answer }),
            None => self.keys.change(path, &Change::Replace(map.clone())).await,
        }
    }

    /// Stamps a key that was just written, if it has no stamp. That it does not work is no failure of the write.
    async fn stamp(&self, actor: &Actor, path: &UriPath, written: &Value) {
        let mut custom = metadata::custom(&written["custom_metadata"]);
        let stamp = Stamp {
            subject: actor.subject.clone(),
            at: (self.now)(),
        };
        if !stamp.mark(&mut custom) {
            return;
        }
        if let Err(fault) = self.describe(path, &custom).await {
            tracing::warn!(%fault, "a secret on the remote server was not stamped");
        }
    }

    /// Says of a key what `custom` says; the rest that is said of it stays.
    async fn describe(&self, path: &UriPath, custom: &BTreeMap<String, String>) -> Result<(), ProviderFault> {
        let place = ("metadata", path);
        let said = |custom: &BTreeMap<String, String>| SecretJson::new(json!({ "custom_metadata": custom }));
        let patch = self
            .keys
            .ask(Method::PATCH, place, "", Some(&said(custom)), Again::Safe)
            .await;
        let answer = match patch {
            Ok(answer) if !matches!(answer.status, 405 | 415) => answer,
            Err(fault) if !matches!(fault, ProviderFault::Refuses) => return Err(fault),
            // An older server, or a policy without the right to patch.
            _ => {
                let mut merged = self.history(path).await?.custom;
                merged.extend(custom.clone());
                self.keys
                    .ask(Method::POST, place, "", Some(&said(&merged)), Again::Safe)
                    .await?
            }
        };
        match answer.status {
            200 | 204 => Ok(()),
            404 => Err(ProviderFault::NotFound),
            400 => Err(PayloadFault::Refused.into()),
            _ => Err(ProviderFault::Broken),
        }
    }

    async fn done(
        &self,
        method: Method,
        place: (&str, &UriPath),
        body: Option<&SecretJson>,
    ) -> Result<(), ProviderFault> {
        let answer = self.keys.ask(method, place, "", body, Again::Safe).await?;
        match answer.status {
            200 | 204 => Ok(()),
            404 => Err(ProviderFault::NotFound),
            _ => Err(ProviderFault::Broken),
        }
    }

    async fn remove(&self, path: &UriPath) -> Result<Removed, ProviderFault> {
        let version = match self.history(path).await {
            Ok(history) => Version::new(history.current),
            Err(ProviderFault::Refuses) => None,
            Err(fault) => return Err(fault),
        };
        self.done(Method::DELETE, ("data", path), None).await?;
        Ok(Removed {
            key_only: false,
            version,
        })
    }

    async fn shift(
        &self,
        path: &UriPath,
        versions: &[Version],
        shift: Shift,
    ) -> Result<Moved, ProviderFault> {
        let history = self.history(path).await?;
        let moves = |version: &Version| {
            let line = history.versions.iter().find(|line| line.version == *version);
            line.is_some_and(|line| match shift {
                Shift::Undelete => line.state == VersionState::Deleted,
                Shift::Destroy => line.state != VersionState::Destroyed,
            })
        };
        let (applied, skipped): (Vec<Version>, Vec<Version>) = versions.iter().copied().partition(moves);
        if !applied.is_empty() {
            let numbers: Vec<u64> = applied.iter().map(|version| version.get()).collect();
            let body = SecretJson::new(json!({ "versions": numbers }));
            let verb = match shift {
                Shift::Undelete => "undelete",
                Shift::Destroy => "destroy",
            };
            self.done(Method::PUT, (verb, path), Some(&body)).await?;
        }
        Ok(Moved { applied, skipped })
    }

    async fn set_owner(
        &self,
        path: &UriPath,
        owner: &str,
    ) -> Result<BTreeMap<String, String>, ProviderFault> {
        let mut custom = self.history(path).await?.custom;
        let said = BTreeMap::from([("owner".to_owned(), owner.to_owned())]);
        self.describe(path, &said).await?;
        custom.extend(said);
        Ok(custom)
    }

    async fn entries(&self, path: &UriPath) -> Result<Vec<Entry>, ProviderFault> {
        let answer = self.get(("metadata", path), "?list=true").await?;
        match (answer.status, answer.data()["keys"].as_array()) {
            (200, Some(keys)) => Ok(metadata::entries(path, keys)),
            (404, _) => Ok(Vec::new()),
            _ => Err(ProviderFault::Broken),
        }
    }
}

#[async_trait]
impl Provider for VaultServer {
    fn keeps_versions(&self) -> bool {
        true
    }

    async fn read(&self, _: &Actor, uri: &CanonicalUri) -> Result<Found, ProviderFault> {
        within(self.0.read(uri)).await
    }

    async fn write(
        &self,
        actor: &Actor,
        uri: &CanonicalUri,
        change: &Change,
        intent: Intent,
    ) -> Result<Wrote, ProviderFault> {
        within(self.0.write(actor, &uri.path, change, intent)).await
    }

    async fn remove(&self, _: &Actor, uri: &CanonicalUri) -> Result<Removed, ProviderFault> {
        within(self.0.remove(&uri.path)).await
    }

    async fn destroy(&self, _: &Actor, uri: &CanonicalUri) -> Result<Removed, ProviderFault> {
        let erase = async {
            self.0.history(&uri.path).await?;
            let place = ("metadata", &uri.path);
            self.0.done(Method::DELETE, place, None).await
        };
        within(erase).await?;
        Ok(Removed {
            key_only: false,
            version: None,
        })
    }

    async fn history(&self, _: &Actor, uri: &CanonicalUri) -> Result<History, ProviderFault> {
        within(self.0.history(&uri.path)).await
    }

    async fn shift(
        &self,
        _: &Actor,
        uri: &CanonicalUri,
        versions: &[Version],
        shift: Shift,
    ) -> Result<Moved, ProviderFault> {
        within(self.0.shift(&uri.path, versions, shift)).await
    }

    async fn set_owner(
        &self,
        _: &Actor,
        uri: &CanonicalUri,
        owner: &str,
    ) -> Result<BTreeMap<String, String>, ProviderFault> {
        within(self.0.set_owner(&uri.path, owner)).await
    }

    async fn entries(&self, _: &Actor, prefix: &UriPrefix) -> Result<Vec<Entry>, ProviderFault> {
        within(self.0.entries(&prefix.path)).await
    }
}

/// What became of a version that cannot be read.
fn gone(metadata: &Value) -> ProviderFault {
    let deleted_at = metadata["deletion_time"].as_str().and_then(|at| at.parse().ok());
    ProviderFault::Gone {
        version: metadata["version"].as_u64().unwrap_or(0),
        what: if metadata["destroyed"] == true {
            Gone::Destroyed
        } else {
            Gone::Deleted(deleted_at)
        },
    }
}
