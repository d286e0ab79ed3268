//! `coffer seal`: made here, with the vault's public key. The value leaves this program sealed or not at all.

mod key;
mod manifest;

use std::{fs, path::Path};

use coffer_domain::{
    address::{Address, Place, Reference},
    name::{EnvName, OrgName, SecretName, VaultName},
    seal::{Sealed, VaultPublicKey, seal},
    secret_value::SecretValue,
};
use coffer_store::SystemEntropy;
use serde_json::json;

use super::put::{Input, read};
use crate::{
    args::{Connection, Output, SealArgs},
    failure::Failure,
    output,
};
use manifest::Manifest;

pub(super) use key::read as public_key;

/// Where a value is to be sealed for, as far as it was said.
#[derive(Debug, Default, Clone)]
struct Said {
    organization: Option<String>,
    vault: Option<String>,
    environment: Option<String>,
    name: String,
}

pub async fn run(args: SealArgs, connection: &Connection, print: Output) -> Result<(), Failure> {
    let mut said = said(&args)?;
    let manifest = args
        .manifest
        .as_deref()
        .map(|path| Manifest::read(path, args.object.as_deref()))
        .transpose()?;
    if let Some(manifest) = &manifest {
        said = manifest.complete(said)?;
    }
    let key = key::find(&args, &said, connection).await?;
    let address = address(&said, &key)?;
    let value = read(&Input {
        from_file: args.from_file,
        trim: args.trim,
    })?;
    let sealed = sealed(&key, &address, &SecretValue::new(value.to_vec()))?;
    if let Some(manifest) = manifest {
        return write(&manifest, &address, &sealed);
    }
    show(&sealed, print);
    Ok(())
}

fn said(args: &SealArgs) -> Result<Said, Failure> {
    if args.name.starts_with("coffer://") {
        let reference: Reference = args
            .name
            .parse()
            .map_err(|error| Failure::Usage(format!("{}: {error}", args.name)))?;
        let Address { place, name } = reference.address;
        return Ok(Said {
            organization: Some(place.organization.into()),
            vault: Some(place.vault.into()),
            environment: Some(place.environment.into()),
            name: name.into(),
        });
    }
    let (mut organization, mut vault) = (args.organization.clone(), args.vault.clone());
    if let Some((namespace, name)) = args.vault.as_deref().and_then(|text| text.split_once('/')) {
        organization = Some(namespace.to_owned());
        vault = Some(name.to_owned());
    }
    Ok(Said {
        organization,
        vault,
        environment: args.environment.clone(),
        name: args.name.clone(),
    })
}

/// The whole address; what was not said is the public key's.
fn address(said: &Said, key: &VaultPublicKey) -> Result<Address, Failure> {
    let bad = |error: coffer_domain::name::BadName| Failure::Usage(error.to_string());
    let named = |text: &Option<String>, other: &str| text.clone().unwrap_or_else(|| other.to_owned());
    let place = Place {
        organization: OrgName::new(named(&said.organization, key.organization.as_str())).map_err(bad)?,
        vault: VaultName::new(named(&said.vault, key.vault.as_str())).map_err(bad)?,
        environment: EnvName::new(named(&said.environment, EnvName::default_environment().as_str()))
            .map_err(bad)?,
    };
    if (&place.organization, &place.vault) != (&key.organization, &key.vault) {
        return Err(Failure::Usage(format!(
            "the public key is the one of vault {}/{}, and the value is for vault {}/{}",
            key.organization, key.vault, place.organization, place.vault
        )));
    }
    Ok(place.secret(SecretName::new(&said.name).map_err(bad)?))
}

fn sealed(key: &VaultPublicKey, address: &Address, value: &SecretValue) -> Result<Sealed, Failure> {
    let entropy = SystemEntropy::checked().map_err(|error| Failure::Seal(error.to_string()))?;
    seal(&entropy, &key.key, address, value).map_err(|error| Failure::Seal(error.to_string()))
}

fn write(manifest: &Manifest, address: &Address, sealed: &Sealed) -> Result<(), Failure> {
    let text = manifest.with(address.name.as_str(), &sealed.to_string())?;
    replace(&manifest.path, &text)?;
    let path = manifest.path.display();
    output::print(format!("{path}: {} is sealed to key {}", address.name, sealed.key).as_bytes());
    Ok(())
}

/// Writes a file that exists, whole or not at all.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |source| Failure::File {
        path: path.to_owned(),
        source,
    };
    let mut beside = path.as_os_str().to_owned();
    beside.push(".coffer-new");
    fs::write(&beside, text).map_err(failed)?;
    let permissions = fs::metadata(path).map_err(failed)?.permissions();
    fs::set_permissions(&beside, permissions).map_err(failed)?;
    fs::rename(&beside, path).map_err(failed)
}

fn show(sealed: &Sealed, print: Output) {
    match print {
        Output::Json | Output::Yaml => {
            let whole = json!({
                "sealed": sealed.to_string(),
                "keyId": sealed.key.to_string(),
                "address": sealed.address.to_string(),
            });
            output::data(&whole, print);
        }
        Output::Table => output::print(sealed.to_string().as_bytes()),
    }
}
