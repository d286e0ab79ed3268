//! An issuer's keys where the issuer says they are (`OpenID` Connect Discovery 1.0, section 4).

use async_trait::async_trait;
use reqwest::{Client, Url};
use serde::Deserialize;

use super::{
    ClusterKeys, KeysError,
    sources::{client, get, safe},
};

const PLACE: &str = ".well-known/openid-configuration";

/// The part of an issuer's description that is read.
#[derive(Deserialize)]
struct Description {
    issuer: String,
    jwks_uri: String,
}

/// The keys of an issuer, whose description is read anew each time: what it names is no more and no less safe than
/// what a configuration names, so the same is asked of it.
#[derive(Debug)]
pub struct IssuerKeys {
    issuer: String,
    place: Url,
    client: Client,
}

impl IssuerKeys {
    /// Of `issuer`, an address over TLS unless it is on this machine.
    pub fn new(issuer: &str) -> Result<Self, KeysError> {
        Ok(Self {
            place: safe(&format!("{}/{PLACE}", issuer.trim_end_matches('/')))?,
            issuer: issuer.to_owned(),
            client: client()?,
        })
    }
}

#[async_trait]
impl ClusterKeys for IssuerKeys {
    async fn fetch(&self) -> Result<String, KeysError> {
        let text = get(&self.client, &self.place).await?;
        let described: Description = serde_json::from_str(&text)
            .map_err(|_| KeysError(format!("{}: it is no issuer's description", self.place)))?;
        if described.issuer != self.issuer {
            return Err(KeysError(format!("{}: it describes another issuer", self.place)));
        }
        get(&self.client, &safe(&described.jwks_uri)?).await
    }
}
