//! What a cluster would have put into a store: a vault that lets every pod in, and a generated secret in it. The
//! benchmark has no cluster, and the api-server has no other door for either.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context, Result};
use clap::Parser;
use coffer_domain::{
    address::Place,
    entity::Owner,
    generate::{Alphabet, Generator},
    name::SecretName,
    pattern::Pattern,
    rights::Access,
    usecase::{
        Caller, Coffer,
        secrets::{Declaration, Declared, Source},
        vaults::VaultSettings,
    },
};
use coffer_store::{StoreOptions, SystemClock, SystemEntropy, SystemKeyPairs, kek::FileKek};

/// Prepares the store of a data directory that `coffer bootstrap` made.
#[derive(Debug, Parser)]
struct Settings {
    /// The data directory
    #[arg(long)]
    data: PathBuf,
    /// The organization
    #[arg(long)]
    organization: String,
    /// The name of the secret
    #[arg(long)]
    secret: String,
}

#[tokio::main]
async fn main() -> Result<()> {
    let settings = Settings::parse();
    let place = Place {
        organization: settings.organization.parse()?,
        vault: "default".parse()?,
        environment: "default".parse()?,
    };
    let coffer = open(&settings.data).await?;
    let caller = Caller::controller();
    coffer
        .apply_vault(&caller, &place.organization, &place.vault, open_to_all(&place))
        .await
        .context("apply the vault")?;
    let declaration = generated(settings.secret.parse()?);
    coffer
        .declare_secrets(&caller, &place, &declaration)
        .await
        .context("declare the secret")?;
    Ok(())
}

async fn open(data: &std::path::Path) -> Result<Coffer> {
    let entropy = Arc::new(SystemEntropy::checked()?);
    let kek = FileKek::open(&data.join("kek"), Arc::clone(&entropy) as _).context("open the root key")?;
    let options = StoreOptions::new(data.join("store"), Arc::new(kek))?;
    let store = coffer_store::open(options).await.context("open the store")?;
    Ok(Coffer::new(
        store,
        Arc::new(SystemClock),
        entropy,
        Arc::new(SystemKeyPairs),
    ))
}

fn open_to_all(place: &Place) -> VaultSettings {
    let all = || vec![Pattern::any()];
    let access = Access {
        service_accounts: all(),
        namespaces: all(),
        environments: all(),
        names: all(),
    };
    VaultSettings {
        environments: vec![place.environment.clone()],
        access: vec![access],
        owner: None,
    }
}

fn generated(name: SecretName) -> Declaration {
    let password = Generator::Password {
        length: 32,
        alphabet: Alphabet::Alphanumeric,
    };
    Declaration {
        owner: Owner {
            kind: "VaultSecret".to_owned(),
            name: "bench/app".to_owned(),
            uid: "bench".to_owned(),
        },
        keys: vec![Declared {
            name,
            source: Source::Generate(password),
            rotate: None,
            patience: None,
        }],
        sweep: false,
        delete_removed: false,
    }
}
