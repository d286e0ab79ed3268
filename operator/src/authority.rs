//! The certificate authority of the server, kept in a Secret of the operator's own namespace; what clients
//! should trust is published in a `ConfigMap` beside it, for the injector to hand to agents.

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use coffer_domain::secret_value::SecretValue;
use futures::StreamExt;
use k8s_openapi::{
    ByteString,
    api::core::v1::{ConfigMap, Secret},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use kube::{
    Api, Client,
    api::{Patch, PatchParams, PostParams},
    runtime::{
        WatchStreamExt,
        watcher::{self, Event, watcher},
    },
};
use serde_json::json;
use tokio::{sync::watch::Receiver, time::sleep};

use crate::{
    failure::{Failure, code},
    status::MANAGER,
};

/// The Secret's key.
const AUTHORITY: &str = "authority.pem";
/// The `ConfigMap`'s key.
const BUNDLE: &str = "ca.crt";

/// Before a bundle that could not be published is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// Where the authority and its bundle are.
pub struct ClusterAuthority {
    secrets: Api<Secret>,
    maps: Api<ConfigMap>,
    secret: String,
    map: String,
}

impl ClusterAuthority {
    /// In Secret `secret` and `ConfigMap` `map` of `namespace`.
    pub fn new(client: &Client, namespace: &str, secret: impl Into<String>, map: impl Into<String>) -> Self {
        Self {
            secrets: Api::namespaced(client.clone(), namespace),
            maps: Api::namespaced(client.clone(), namespace),
            secret: secret.into(),
            map: map.into(),
        }
    }

    /// The authority that was saved last.
    pub async fn load(&self) -> Result<Option<SecretValue>, Failure> {
        let found = self.secrets.get_opt(&self.secret).await;
        let found = found.map_err(Failure::cluster("read the certificate authority"))?;
        let data = found.and_then(|secret| secret.data);
        Ok(data
            .and_then(|mut data| data.remove(AUTHORITY))
            .map(|bytes| SecretValue::new(bytes.0)))
    }

    /// Keeps the authority, then publishes what to trust.
    pub async fn save(&self, authority: &SecretValue, bundle: &str) -> Result<(), Failure> {
        let encoded = BASE64_STANDARD.encode(authority.reveal());
        let patch = Patch::Merge(json!({ "data": { AUTHORITY: encoded } }));
        let patched = self
            .secrets
            .patch_metadata(&self.secret, &PatchParams::apply(MANAGER), &patch)
            .await;
        match patched {
            Ok(_) => {}
            Err(error) if code(&error) == 404 => self.create(authority).await?,
            Err(error) => return Err(Failure::cluster("keep the certificate authority")(error)),
        }
        self.publish(bundle).await
    }

    async fn create(&self, authority: &SecretValue) -> Result<(), Failure> {
        let secret = Secret {
            metadata: named(&self.secret),
            data: Some(BTreeMap::from([(
                AUTHORITY.to_owned(),
                ByteString(authority.reveal().to_vec()),
            )])),
            ..Secret::default()
        };
        let created = self.secrets.create(&PostParams::default(), &secret).await;
        created
            .map(drop)
            .map_err(Failure::cluster("keep the certificate authority"))
    }

    /// Keeps the `ConfigMap` like the newest bundle, whatever becomes of it, for as long as it is polled.
    pub async fn keep_published(&self, bundle: Receiver<String>) {
        let named = watcher::Config::default().fields(&format!("metadata.name={}", self.map));
        let mut events = std::pin::pin!(watcher(self.maps.clone(), named).default_backoff());
        while let Some(event) = events.next().await {
            match event {
                Ok(Event::Init | Event::InitApply(_)) => {}
                Ok(Event::InitDone | Event::Apply(_) | Event::Delete(_)) => {
                    let newest = bundle.borrow().clone();
                    while let Err(error) = self.publish(&newest).await {
                        tracing::warn!(%error, "what clients should trust is not published; trying again");
                        sleep(AGAIN).await;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "the watch of the trust bundle broke off; it starts again");
                }
            }
        }
    }

    /// Makes the `ConfigMap` hold `bundle`, and writes nothing if it does.
    pub async fn publish(&self, bundle: &str) -> Result<(), Failure> {
        const ACTION: &str = "publish what clients should trust";
        let found = self
            .maps
            .get_opt(&self.map)
            .await
            .map_err(Failure::cluster(ACTION))?;
        let data = BTreeMap::from([(BUNDLE.to_owned(), bundle.to_owned())]);
        match found {
            Some(map)
                if map
                    .data
                    .as_ref()
                    .is_some_and(|held| held.get(BUNDLE) == data.get(BUNDLE)) =>
            {
                Ok(())
            }
            Some(_) => {
                let patch = Patch::Merge(json!({ "data": data }));
                let patched = self
                    .maps
                    .patch(&self.map, &PatchParams::apply(MANAGER), &patch)
                    .await;
                patched.map(drop).map_err(Failure::cluster(ACTION))
            }
            None => {
                let map = ConfigMap {
                    metadata: named(&self.map),
                    data: Some(data),
                    ..ConfigMap::default()
                };
                let created = self.maps.create(&PostParams::default(), &map).await;
                created.map(drop).map_err(Failure::cluster(ACTION))
            }
        }
    }
}

fn named(name: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        ..ObjectMeta::default()
    }
}
