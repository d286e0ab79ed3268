//! Puts the injector together: settings, watches, certificates, the two servers, and the signal to end.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use clap::Parser;
use coffer_crds::{Vault, VaultSecret};
use coffer_injector::{
    bundle,
    certificate::{
        keeper::{Keeper, Names},
        serving::Serving,
    },
    familiar::config_map,
    health::{self, Health, Part},
    metrics::Metrics,
    server::{self, Injector},
    settings::Settings,
    trust, watch,
};
use futures::FutureExt;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_rustls::TlsAcceptor;
use tracing_subscriber::EnvFilter;

fn main() -> anyhow::Result<()> {
    let settings = Settings::parse();
    let filter = EnvFilter::builder()
        .with_default_directive(tracing::Level::INFO.into())
        .from_env_lossy();
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    provider
        .install_default()
        .map_err(|_| anyhow::anyhow!("another TLS provider is installed"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime
        .context("cannot start the runtime")?
        .block_on(run(settings))
}

async fn run(settings: Settings) -> anyhow::Result<()> {
    let health = Arc::new(Health::default());
    let metrics = Arc::new(Metrics::new()?);
    let client = kube::Client::try_default()
        .await
        .context("cannot find the Kubernetes API server")?;

    let health_listener = listen(settings.health_listen).await?;
    let health_router = health::router(health.clone(), metrics.clone());
    tokio::spawn(async move { axum::serve(health_listener, health_router).await });

    let known = watch::Shared::default();
    tokio::spawn(watch::run::<Vault>(client.clone(), known.clone(), health.clone()));
    tokio::spawn(watch::run::<VaultSecret>(
        client.clone(),
        known.clone(),
        health.clone(),
    ));
    let trusted = trust::Bundle::default();
    tokio::spawn(trust::follow(
        settings.trust_file.clone(),
        trusted.clone(),
        health.clone(),
        Duration::from_secs(1),
    ));

    let authorities = trust::Bundle::default();
    let serving = Arc::new(Serving::default());
    let keeper = Keeper::new(
        client.clone(),
        names(&settings),
        serving.clone(),
        authorities.clone(),
        health.clone(),
        metrics.clone(),
    );
    tokio::spawn(async move { keeper.run(Arc::new(now)).await });

    let listener = listen(settings.listen).await?;
    let tls = TlsAcceptor::from(Arc::new(serving.tls()?));
    let end = ending(health, Duration::from_secs(settings.drain_seconds))?;
    let config_maps = settings
        .config_map_references
        .then(|| config_map::Source::new(client.clone()));
    if let Some(keys) = keys(&settings, client, &known, &metrics) {
        let listener = listen(settings.bundle_listen).await?;
        let (tls, router, end) = (tls.clone(), bundle::router(Arc::new(keys)), end.clone());
        tokio::spawn(async move { server::serve(listener, tls, router, end).await });
    }
    let injection = settings.injection();
    let injector =
        Injector::new(injection, trusted, authorities, known, metrics).with_config_maps(config_maps);
    let injector = Arc::new(injector);
    tracing::info!(address = %settings.listen, "serving");
    server::serve(listener, tls, server::router(injector), end)
        .await
        .context("cannot serve")
}

/// Gives out the keys of bundles, if there is a root key.
fn keys(
    settings: &Settings,
    client: kube::Client,
    known: &watch::Shared,
    metrics: &Arc<Metrics>,
) -> Option<bundle::Keys> {
    Some(bundle::Keys::new(
        client,
        settings.bundle_root.clone()?,
        settings.audience.clone(),
        settings.identity.clone(),
        known.clone(),
        metrics.clone(),
        Arc::new(now),
    ))
}

async fn listen(address: std::net::SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))
}

fn names(settings: &Settings) -> Names {
    Names {
        namespace: settings.namespace.clone(),
        secret: settings.certificate_secret.clone(),
        webhook: settings.webhook.clone(),
        host_names: settings.host_names(),
    }
}

/// Ends when the program was told to, and the API server has had time to hear of it.
fn ending(health: Arc<Health>, drain: Duration) -> anyhow::Result<impl Future<Output = ()> + Clone + use<>> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot receive signals")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot receive signals")?;
    let told = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("ending");
        health.set_failure(Part::Staying, "ending");
        tokio::time::sleep(drain).await;
    };
    // Both servers end by it.
    Ok(told.boxed().shared())
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
