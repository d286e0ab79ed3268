//! The root key of bundles, in a Secret of the operator's own namespace, which the injector mounts: key `current`, and
//! while it is being changed the one before it under `previous`. Another key makes every bundle useless at once.

use coffer_bundle::{BadRoot, RootKeys};
use coffer_domain::port::Entropy;
use kube::Client;
use thiserror::Error;

use crate::kek::{self, RootKeyError};

/// Why there is no root key.
#[derive(Debug, Error)]
pub enum BundleRootError {
    /// Its Secret.
    #[error(transparent)]
    Secret(#[from] RootKeyError),
    /// Its length.
    #[error(transparent)]
    Length(#[from] BadRoot),
}

/// Reads the root key from Secret `name` of `namespace`, and makes it if there is none.
pub async fn root_keys(
    client: &Client,
    namespace: &str,
    name: &str,
    entropy: &dyn Entropy,
) -> Result<RootKeys, BundleRootError> {
    // Nothing is lost without it but bundles, which are made anew.
    let keys = kek::root_keys(client, namespace, name, false, entropy).await?;
    Ok(RootKeys::new(keys.current, keys.previous)?)
}
