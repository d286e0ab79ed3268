//! One key of an engine: its paths, how it is read and written, one writer of this program at a time.

use std::{
    collections::{BTreeMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use coffer_domain::{
    canonical_uri::UriPath,
    provider::{Change, ProviderFault},
    secret_json::SecretJson,
};
use parking_lot::Mutex;
use reqwest::Method;
use serde_json::json;
use tokio::sync::MutexGuard;

use crate::{
    client::Client,
    http::Answer,
    options::{BadOptions, Options},
    trouble::Again,
};

/// How often a key is written anew when another write came first.
const ATTEMPTS: usize = 3;
/// In how many queues writers wait for each other.
const QUEUES: usize = 32;

/// The engines of a server.
#[derive(Debug)]
pub struct Keys {
    client: Client,
    names: BTreeMap<String, String>,
    good: Mutex<HashSet<String>>,
    queues: [tokio::sync::Mutex<()>; QUEUES],
}

/// A map as it is now, and the version to name when it is changed; 0: none yet.
struct Now {
    map: Option<SecretJson>,
    version: u64,
}

/// A write that was done: the version before it, as far as it is known, and the answer.
pub struct Written {
    /// 0: there was none, or it is not known.
    pub old: u64,
    /// With what was written.
    pub answer: Answer,
}

impl Keys {
    /// As the options say.
    pub fn new(options: &Options) -> Result<Self, BadOptions> {
        Ok(Self {
            client: Client::new(options)?,
            names: options.engines.clone(),
            good: Mutex::default(),
            queues: std::array::from_fn(|_| tokio::sync::Mutex::default()),
        })
    }

    fn engine<'a>(&'a self, path: &'a UriPath) -> &'a str {
        let name = self.names.get(path.mount());
        name.map_or(path.mount(), String::as_str)
    }

    /// Sends a request about a key to one part of its engine. What a segment may be needs no encoding.
    pub async fn ask(
        &self,
        method: Method,
        (part, path): (&str, &UriPath),
        query: &str,
        body: Option<&SecretJson>,
        again: Again,
    ) -> Result<Answer, ProviderFault> {
        let engine = self.engine(path);
        self.check(engine).await?;
        let key = path.key().unwrap_or_default();
        let target = format!("{engine}/{part}/{key}{query}");
        self.client.ask(method, &target, body, again).await
    }

    /// Refuses an engine that is not KV v2, which is asked once; where the token may not know, it is taken for one.
    async fn check(&self, engine: &str) -> Result<(), ProviderFault> {
        if self.good.lock().contains(engine) {
            return Ok(());
        }
        let path = format!("sys/internal/ui/mounts/{engine}");
        match self.client.ask(Method::GET, &path, None, Again::Safe).await {
            Ok(answer) if answer.status == 200 => {
                let data = answer.data();
                if data["type"] != "kv" || data["options"]["version"] != "2" {
                    tracing::warn!(engine, "the remote server's engine is not KV v2");
                    return Err(ProviderFault::NotConfigured);
                }
            }
            Ok(_) | Err(ProviderFault::Refuses) => return Ok(()),
            Err(fault) => return Err(fault),
        }
        self.good.lock().insert(engine.to_owned());
        Ok(())
    }

    /// Waits until no other writer of this program is at a key: the versions that writes name then seldom clash.
    pub async fn turn(&self, path: &UriPath) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        path.as_str().hash(&mut hasher);
        let at = usize::try_from(hasher.finish() % QUEUES as u64).unwrap_or_default();
        self.queues[at].lock().await
    }

    /// What a key holds, where it can be written from.
    async fn now(&self, path: &UriPath) -> Result<Now, ProviderFault> {
        let answer = self
            .ask(Method::GET, ("data", path), "", None, Again::Safe)
            .await?;
        let data = answer.data();
        let version = data["metadata"]["version"].as_u64().unwrap_or(0);
        match answer.status {
            200 => Ok(Now {
                map: Some(SecretJson::new(data["data"].clone())),
                version,
            }),
            404 => Ok(Now { map: None, version }),
            _ => Err(ProviderFault::Broken),
        }
    }

    /// Writes a map, after this version if one is named; `None`: another version is there.
    pub async fn put(
        &self,
        path: &UriPath,
        map: &SecretJson,
        cas: Option<u64>,
    ) -> Result<Option<Answer>, ProviderFault> {
        let body = match cas {
            Some(cas) => json!({ "data": map.reveal(), "options": { "cas": cas } }),
            None => json!({ "data": map.reveal() }),
        };
        let body = SecretJson::new(body);
        let again = if cas.is_some() { Again::Safe } else { Again::Unsafe };
        let answer = self
            .ask(Method::POST, ("data", path), "", Some(&body), again)
            .await?;
        match answer.status {
            200 => Ok(Some(answer)),
            400 if answer.says("did not match") || answer.says("parameter required") => Ok(None),
            _ => Err(ProviderFault::Broken),
        }
    }

    /// Changes a map as it is now.
    pub async fn change(&self, path: &UriPath, change: &Change) -> Result<Written, ProviderFault> {
        for _ in 0..ATTEMPTS {
            let now = self.now(path).await?;
            let map = change.apply(now.map.as_ref()).ok_or(ProviderFault::NoSuchKey)?;
            if let Some(answer) = self.put(path, &map, Some(now.version)).await? {
                let old = now.version;
                return Ok(Written { old, answer });
            }
        }
        Err(ProviderFault::Contended)
    }
}
