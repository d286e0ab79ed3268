//! What the cluster publishes of its service accounts: who issues their tokens, and the keys that sign them.

use kube::{Client, api::GetParams, core::Request};
use serde::Deserialize;

use crate::failure::Failure;

/// The part of the discovery document that is looked at (`OpenID` Connect Discovery 1.0, section 3).
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
}

/// The cluster's key set, as JSON (RFC 7517, section 5).
pub async fn key_set(client: &Client) -> Result<String, Failure> {
    fetch(client, "/openid/v1", "jwks").await
}

/// The issuer, as it stands in the cluster's tokens.
pub async fn issuer(client: &Client) -> Result<String, Failure> {
    let text = fetch(client, "/.well-known", "openid-configuration").await?;
    let discovery: Discovery = serde_json::from_str(&text)
        .map_err(|error| Failure::cluster("read the cluster's issuer")(kube::Error::SerdeError(error)))?;
    Ok(discovery.issuer)
}

async fn fetch(client: &Client, folder: &str, name: &str) -> Result<String, Failure> {
    const ACTION: &str = "read what the cluster publishes of its service accounts";
    let request = Request::new(folder).get(name, &GetParams::default());
    let request = request.map_err(|error| Failure::cluster(ACTION)(kube::Error::BuildRequest(error)))?;
    client
        .request_text(request)
        .await
        .map_err(Failure::cluster(ACTION))
}
