//! The API server's parts.

use std::sync::Arc;

use anyhow::{Context, Result};
use coffer_api_server::{
    Limits, ServerParts,
    config::DoorArgs,
    identity::{IdentityOptions, KeyRing, WorkloadIdentity},
    metrics::Metrics,
    tls::{Certificates, TlsOptions},
};
use coffer_domain::usecase::Coffer;
use coffer_operator::{authority::ClusterAuthority, keys, pods::Pods, settings::Settings};
use kube::Client;
use prometheus::Registry;
use tokio::net::TcpListener;

use crate::ports::{Kept, Keys, Live, Told};

/// Everything that the server is made of; its certificates are kept fresh from now on.
pub async fn server(
    settings: &Settings,
    doors: &DoorArgs,
    client: &Client,
    coffer: &Coffer,
    pods: &Arc<Pods>,
    notices: Told,
    registry: Registry,
) -> Result<ServerParts> {
    let certificates = certificates(settings, client, coffer).await?;
    let listener = TcpListener::bind(settings.listen).await;
    let listener = listener.with_context(|| format!("listen on {}", settings.listen))?;
    let probes = TcpListener::bind(settings.metrics_listen).await;
    let probes = probes.with_context(|| format!("listen on {}", settings.metrics_listen))?;
    tracing::info!(address = %listener.local_addr()?, metrics = %probes.local_addr()?, "listening");
    Ok(ServerParts {
        coffer: coffer.clone(),
        identity: Some(Arc::new(identity(settings, client, pods).await?)),
        notices: Arc::new(notices),
        listener,
        tls: Some(doors.server_config(&certificates)?),
        trust: Some(certificates.trust()),
        metrics: Arc::new(Metrics::new(registry)?),
        metrics_listener: Some(probes),
        limits: Limits::default(),
        streams: doors.streams.settings(),
        access_log: settings.access_log,
        doors: doors.settings(),
    })
}

async fn certificates(settings: &Settings, client: &Client, coffer: &Coffer) -> Result<Arc<Certificates>> {
    let Settings {
        namespace,
        authority_secret,
        trust_config_map,
        ..
    } = settings;
    let authority = Arc::new(ClusterAuthority::new(
        client,
        namespace,
        authority_secret,
        trust_config_map,
    ));
    let options = TlsOptions {
        names: settings.tls_names.clone(),
        store: Arc::new(Kept(authority.clone())),
    };
    let certificates = Arc::new(Certificates::start(options, coffer.clock().now()).await?);
    // Someone may have removed it since.
    let bundle = certificates.trust().borrow().clone();
    authority.publish(&bundle).await?;
    let published = certificates.trust();
    tokio::spawn(async move { authority.keep_published(published).await });
    let (kept, coffer) = (certificates.clone(), coffer.clone());
    tokio::spawn(async move { kept.maintain(coffer.clock()).await });
    Ok(certificates)
}

async fn identity(settings: &Settings, client: &Client, pods: &Arc<Pods>) -> Result<WorkloadIdentity> {
    let issuer = match &settings.workload_issuer {
        Some(issuer) => issuer.clone(),
        None => keys::issuer(client).await?,
    };
    let options = IdentityOptions {
        issuer,
        audience: settings.workload_audience.clone(),
    };
    let ring = KeyRing::new(Arc::new(Keys(client.clone())));
    Ok(WorkloadIdentity::new(options, ring, Arc::new(Live(pods.clone()))))
}
