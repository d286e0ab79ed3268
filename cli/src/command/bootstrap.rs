//! `coffer bootstrap`: the one verb that opens a store itself, because no server runs on it yet.

use std::{fs, io, os::unix::fs::DirBuilderExt, path::Path, sync::Arc};

use coffer_api_server::{bootstrap::bootstrap, config::DataDir, dialects, http::dialect::Dialect};
use coffer_domain::{name::OrgName, usecase::Coffer};
use coffer_store::{StoreOptions, SystemClock, SystemEntropy, SystemKeyPairs, kek::FileKek};

use crate::{args::BootstrapArgs, failure::Failure, output};

pub async fn run(args: BootstrapArgs) -> Result<(), Failure> {
    let organization = OrgName::new(&args.organization);
    let organization = organization.map_err(|bad| Failure::Usage(format!("--organization: {bad}")))?;
    let dialect = args.dialect.as_deref().map(dialect).transpose()?;
    make_private(&args.data).map_err(|source| Failure::File {
        path: args.data.clone(),
        source,
    })?;
    let coffer = open(&args).await?;
    let made = bootstrap(&coffer, &organization).await.map_err(failed)?;
    if made.existed {
        eprintln!("coffer: {organization} was there already; this is one more administrator's key for it");
    }
    let told = match dialect {
        Some(dialect) => made.json_for(dialect, &args.base_url),
        None => made.json(&args.base_url),
    };
    output::print(told.map_err(failed)?.as_bytes());
    Ok(())
}

fn dialect(name: &str) -> Result<&'static Dialect, Failure> {
    let known = dialects();
    let found = known.iter().find(|dialect| dialect.name == name).copied();
    found.ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|dialect| dialect.name).collect();
        Failure::Usage(format!("--dialect: must be one of {}", names.join(", ")))
    })
}

async fn open(args: &BootstrapArgs) -> Result<Coffer, Failure> {
    let data = DataDir(args.data.clone());
    let entropy = Arc::new(SystemEntropy::checked().map_err(failed)?);
    let kek = key(args, &data, &entropy)?;
    let options = StoreOptions::new(data.store(), Arc::new(kek)).map_err(failed)?;
    let store = coffer_store::open(options).await.map_err(failed)?;
    Ok(Coffer::new(
        store,
        Arc::new(SystemClock),
        entropy,
        Arc::new(SystemKeyPairs),
    ))
}

/// The key-encryption key: the one that is there, or, for a store that is not there yet, a new one.
fn key(args: &BootstrapArgs, data: &DataDir, entropy: &Arc<SystemEntropy>) -> Result<FileKek, Failure> {
    let path = args.kek_file.clone().unwrap_or_else(|| data.kek());
    if path.exists() {
        return FileKek::open(&path, Arc::clone(entropy) as _).map_err(failed);
    }
    if data.store().exists() {
        let store = data.store();
        return Err(Failure::Bootstrap(format!(
            "{} holds a store, but its key {} is missing; bring the key back, since nothing can be read without it",
            store.display(),
            path.display()
        )));
    }
    if args.kek_file.is_none() {
        eprintln!(
            "coffer: the key that protects the store lies beside it, in {}; use --kek-file to keep it elsewhere",
            path.display()
        );
    }
    FileKek::create(&path, Arc::clone(entropy) as _).map_err(failed)
}

fn make_private(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn failed(error: impl std::error::Error) -> Failure {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        said = format!("{said}: {inner}");
        cause = inner.source();
    }
    Failure::Bootstrap(said)
}
