//! The api-server alone, over an embedded store: the composition root, and the only place of this crate that
//! knows the store.

#[path = "main/parts.rs"]
mod parts;

use std::process::ExitCode;

use clap::Parser;
use coffer_api_server::{Served, config::Settings, http::panic, logs, serve};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_writer(std::io::stderr)
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")))
        .finish()
        .with(logs::discreet())
        .init();
    panic::install_hook();
    coffer_api_server::provide_crypto();
    match run(Settings::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "cannot serve");
            ExitCode::FAILURE
        }
    }
}

async fn run(settings: Settings) -> anyhow::Result<()> {
    let server = parts::build(&settings).await?;
    let served = serve(server, ended()?).await?;
    if served == Served::Cut {
        tracing::warn!("some requests did not finish in time");
    }
    Ok(())
}

/// Completes when the process is asked to end.
fn ended() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
