//! The vault's public key: from a file, from the cluster through kubectl, or from the server.

use std::fs;

use coffer_domain::seal::VaultPublicKey;
use reqwest::Method;

use super::Said;
use crate::{
    args::{Connection, SealArgs},
    client::Client,
    failure::Failure,
    kubectl::Kubectl,
};

/// Where the command line says.
pub(super) async fn find(
    args: &SealArgs,
    said: &Said,
    connection: &Connection,
) -> Result<VaultPublicKey, Failure> {
    if let Some(given) = &args.public_key {
        return read(given);
    }
    let organization = said.organization.as_deref().unwrap_or("default");
    let vault = said.vault.as_deref().unwrap_or("default");
    if args.from_cluster {
        return from_cluster(organization, vault);
    }
    let client = Client::new(connection)?;
    let path = [organization, "vaults", vault, "sealing-keys"];
    let answer = client.send(Method::GET, &path, &[], None).await?;
    let text = answer["items"][0]["publicKey"].as_str();
    let key = text.and_then(|text| text.parse().ok());
    key.ok_or_else(|| client.strange("an answer without a public key".to_owned()))
}

/// A key as it is given: its text, or a file that holds it.
pub fn read(given: &str) -> Result<VaultPublicKey, Failure> {
    let bad = |error| Failure::Usage(format!("{given}: {error}"));
    if given.starts_with("coffer-seal-key:") {
        return given.parse().map_err(bad);
    }
    let text = fs::read_to_string(given).map_err(|source| Failure::File {
        path: given.into(),
        source,
    })?;
    text.parse().map_err(bad)
}

/// What the Vault's status says, with kubectl's access.
fn from_cluster(namespace: &str, vault: &str) -> Result<VaultPublicKey, Failure> {
    let place = ["vaults.coffer.dev", vault, "--namespace", namespace];
    let object = Kubectl::default().get(&place).map_err(Failure::Cluster)?;
    let Some(text) = object["status"]["sealing"]["publicKey"].as_str() else {
        return Err(Failure::Seal(format!(
            "Vault {namespace}/{vault} has no sealing key yet: look at its conditions"
        )));
    };
    text.parse()
        .map_err(|error| Failure::Seal(format!("Vault {namespace}/{vault}: {error}")))
}
