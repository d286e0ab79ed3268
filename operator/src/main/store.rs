//! Opens the store with its root key.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result};
use coffer_api_server::config::DataDir;
use coffer_domain::{port::Entropy, secret_value::SecretValue, usecase::Coffer};
use coffer_operator::{
    bundle::{self, Desk},
    kek::root_keys,
    settings::Settings,
};
use coffer_store::{
    Seed, StoreOptions, SystemClock, SystemEntropy, SystemKeyPairs,
    kek::{FileKek, KekProvider, StaticKek},
};
use kube::Client;

/// The use-cases over the store in `settings.data`.
pub async fn open(settings: &Settings, client: &Client) -> Result<Coffer> {
    let entropy = Arc::new(SystemEntropy::checked()?);
    let path = DataDir(settings.data.clone()).store();
    let kek = root_key(settings, client, &path, entropy.clone()).await?;
    let store = coffer_store::open(StoreOptions::new(&path, kek)?).await;
    let store = store.with_context(|| format!("open the store in {}", path.display()))?;
    Ok(Coffer::new(
        store,
        Arc::new(SystemClock),
        entropy,
        Arc::new(SystemKeyPairs),
    ))
}

/// Who keeps bundles, if the settings name a Secret for their root key.
pub async fn bundles(settings: &Settings, client: &Client) -> Result<Option<Arc<Desk>>> {
    let Some(secret) = &settings.bundle_root_secret else {
        return Ok(None);
    };
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy::checked()?);
    let keys = bundle::root::root_keys(client, &settings.namespace, secret, &*entropy).await?;
    Ok(Some(Arc::new(Desk::new(keys, entropy))))
}

async fn root_key(
    settings: &Settings,
    client: &Client,
    store: &Path,
    entropy: Arc<dyn Entropy>,
) -> Result<Arc<dyn KekProvider>> {
    if let Some(file) = &settings.kek_file {
        return Ok(Arc::new(FileKek::open(file, entropy)?));
    }
    let secret = settings
        .kek_secret
        .as_ref()
        .context("name the root key's Secret with --kek-secret")?;
    let keys = root_keys(client, &secret.namespace, &secret.name, store.exists(), &*entropy).await?;
    let previous = keys.previous.as_ref().map(seed).transpose()?;
    Ok(Arc::new(StaticKek::from_keys(
        seed(&keys.current)?,
        previous.into_iter().collect(),
        entropy,
    )))
}

fn seed(key: &SecretValue) -> Result<Seed> {
    Seed::from_slice(key.reveal()).context("a root key has 32 bytes")
}
