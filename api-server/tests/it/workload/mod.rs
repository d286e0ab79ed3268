//! Which service-account tokens are taken. Every case is a token signed by the cluster's own key, or a forgery.

mod claims;
mod forgery;
mod keys;

use std::sync::atomic::Ordering;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use coffer_api_server::identity::{IdentityOptions, KeyRing, WhileTokenLasts, WorkloadIdentity};
use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::support::{
    cluster::{AUDIENCE, Cluster, ISSUER, SigningKey, claims},
    now,
};

async fn verdict(cluster: &std::sync::Arc<Cluster>, token: &str) -> Result<String, String> {
    let verified = cluster.identity().verify(token, now()).await;
    verified
        .map(|found| found.workload.pod)
        .map_err(|error| error.to_string())
}

/// The verdict on good claims after `edit`.
async fn edited(edit: impl Fn(&mut Value)) -> Result<String, String> {
    let cluster = Cluster::new();
    let mut claims = claims("web", now());
    edit(&mut claims);
    verdict(&cluster, &cluster.key.sign(&claims)).await
}
