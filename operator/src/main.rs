//! The embedded deployment in one process: the controllers, the API server inside, and the store. The
//! composition root; nothing else of this crate knows the store or the API server.

#[path = "main/cluster.rs"]
mod cluster;
#[path = "main/ports.rs"]
mod ports;
#[path = "main/serve.rs"]
mod serve;
#[path = "main/store.rs"]
mod store;

use std::{process::ExitCode, sync::Arc};

use anyhow::{Context as _, Result};
use clap::Parser;
use coffer_api_server::{Served, config::DoorArgs, logs};
use coffer_domain::{copy_rule::CopyRules, usecase::Coffer};
use coffer_operator::{notices::Notices, pods::Pods, remote::Remotes, settings::Settings};
use kube::Client;
use prometheus::Registry;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// More threads would not make one writer faster, and each costs memory.
const MOST_THREADS: usize = 4;

/// The whole command line: the controllers' settings, and those of the doors inside.
#[derive(Debug, Parser)]
#[command(name = "coffer-operator", version)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    doors: DoorArgs,
}

fn main() -> ExitCode {
    log();
    coffer_api_server::http::panic::install_hook();
    let arguments = Arguments::parse();
    let threads = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(MOST_THREADS));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(run(arguments)),
        Err(error) => Err(error.into()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "the operator ends");
            ExitCode::FAILURE
        }
    }
}

fn log() {
    let mut filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // It logs whole bodies that it cannot read or that tell of an error: a Secret's, for one.
    if let Ok(silence) = "kube_client::client=off".parse() {
        filter = filter.add_directive(silence);
    }
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_writer(std::io::stderr)
        .with_env_filter(filter)
        .finish()
        .with(logs::discreet())
        .init();
}

async fn run(arguments: Arguments) -> Result<()> {
    let Arguments { settings, mut doors } = arguments;
    // A server that feeds VaultSecrets is not open to whoever has a key of the Canonical door.
    doors.canonical.vault.canonical_vault_named_only = !settings.remote_allow.is_empty();
    doors.check()?;
    // Two crates below have an opinion on the default; this settles it.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = Client::try_default()
        .await
        .context("find the cluster's API server")?;
    let coffer = store::open(&settings, &client).await?;
    let registry = Registry::new();
    let pods = Arc::new(Pods::new(client.clone(), coffer.clone()));
    let (notices, refusals) = Notices::new();
    let bundles = store::bundles(&settings, &client).await?;
    let notices = ports::Told {
        refusals: notices,
        bundles: bundles.clone(),
    };
    let metrics = registry.clone();
    let server = serve::server(&settings, &doors, &client, &coffer, &pods, notices, metrics).await?;
    let remotes = remotes(&settings, &doors, &coffer)?;
    let (stop, stopped) = watch::channel(false);
    let cluster = cluster::Cluster {
        settings,
        client,
        coffer,
        registry,
        pods,
        refusals,
        bundles,
        remotes,
    };
    let mut controllers = tokio::spawn(cluster.run(stopped.clone()));
    let mut serving = tokio::spawn(coffer_api_server::serve(server, stops(stopped)));
    let (early, controllers, serving) = tokio::select! {
        () = asked_to_end()? => (None, Some(controllers), Some(serving)),
        ended = &mut controllers => {
            (Some(early("the controllers", ended.map_err(Into::into).flatten())), None, Some(serving))
        }
        ended = &mut serving => {
            (Some(early("the server", ended.map(drop).map_err(Into::into))), Some(controllers), None)
        }
    };
    stop.send_replace(true);
    if let Some(serving) = serving
        && matches!(serving.await?, Ok(Served::Cut))
    {
        tracing::warn!("some requests did not finish in time");
    }
    // Also where they ended while the server still did: what went wrong then is not to be passed over.
    let given_back = match controllers {
        Some(controllers) => controllers.await?,
        None => Ok(()),
    };
    early.map_or(given_back, Err)
}

/// The server that `VaultSecret`s may copy from, if one is named.
fn remotes(settings: &Settings, doors: &DoorArgs, coffer: &Coffer) -> Result<Remotes> {
    let clock = coffer.clone();
    let server = doors
        .canonical
        .vault
        .server(&settings.remote_mounts, move || clock.clock().now())?;
    let rules = CopyRules::new(settings.remote_allow.clone());
    Ok(server.map_or_else(Remotes::none, |server| {
        Remotes::new(server, rules, settings.remote_refresh_every)
    }))
}

/// Why something that runs for ever ended.
fn early(what: &str, ended: Result<()>) -> anyhow::Error {
    match ended {
        Ok(()) => anyhow::anyhow!("{what} ended by itself"),
        Err(error) => error.context(format!("{what} ended")),
    }
}

async fn stops(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone: the process ends.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Completes when the process is asked to end.
fn asked_to_end() -> Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
