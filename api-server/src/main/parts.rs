//! From settings to the parts of a server.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context, Result, bail};
use coffer_api_server::{
    Limits, ServerParts,
    config::{DataDir, Durability, Settings, WorkloadSettings},
    identity::{
        ClusterKeys, IdentityOptions, JwksFile, JwksUrl, KeyRing, LogNotices, WhileTokenLasts,
        WorkloadIdentity,
    },
    metrics::{Metrics, sample},
    tls::{AuthorityDir, Certificates, TlsOptions},
};
use coffer_domain::usecase::Coffer;
use coffer_store::{
    AuditDurability, SqliteStore, StoreOptions, SystemClock, SystemEntropy, SystemKeyPairs, kek::FileKek,
};
use prometheus::Registry;
use tokio::net::TcpListener;

/// Builds everything, and starts what runs beside the server.
pub async fn build(settings: &Settings) -> Result<ServerParts> {
    settings.check()?;
    let registry = Registry::new();
    let coffer = open(settings, &registry).await?;
    let certificates = certificates(settings, &coffer).await?;
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("listen on {}", settings.listen))?;
    let scheme = if certificates.is_some() { "https" } else { "http" };
    tracing::info!(
        base_url = format!("{scheme}://{}", listener.local_addr()?),
        "listening"
    );
    let metrics_listener = match settings.metrics_listen {
        Some(address) => {
            let bound = TcpListener::bind(address)
                .await
                .with_context(|| format!("listen on {address}"))?;
            tracing::info!(address = %bound.local_addr()?, "metrics");
            Some(bound)
        }
        None => None,
    };
    Ok(ServerParts {
        identity: identity(&settings.workload)?,
        notices: Arc::new(LogNotices),
        listener,
        tls: certificates
            .as_ref()
            .map(|found| settings.doors.server_config(found))
            .transpose()?,
        trust: certificates.as_ref().map(|found| found.trust()),
        metrics: Arc::new(Metrics::new(registry)?),
        metrics_listener,
        limits: Limits::default(),
        streams: settings.doors.streams.settings(),
        access_log: settings.access_log,
        doors: settings.doors.settings(),
        coffer,
    })
}

async fn open(settings: &Settings, registry: &Registry) -> Result<Coffer> {
    let data = DataDir(settings.data.clone());
    let kek_file = settings.kek_file.clone().unwrap_or_else(|| data.kek());
    let missing = if data.store().is_dir() {
        &kek_file
    } else {
        &data.store()
    };
    if !missing.exists() {
        let given = settings.data.display();
        bail!(
            "{} is missing; prepare a store with: coffer bootstrap --data {given}",
            missing.display()
        );
    }
    let entropy = Arc::new(SystemEntropy::checked()?);
    let kek = FileKek::open(&kek_file, Arc::clone(&entropy) as _)?;
    let mut options = StoreOptions::new(data.store(), Arc::new(kek))?;
    options.audit_durability = match settings.audit_durability {
        Durability::Written => AuditDurability::Written,
        Durability::Durable => AuditDurability::Durable,
    };
    let opened = coffer_store::open_sqlite(options).await;
    let store = opened.with_context(|| format!("open the store in {}", data.store().display()))?;
    let store = Arc::new(store);
    show_store(registry, Arc::clone(&store))?;
    Ok(Coffer::new(
        store,
        Arc::new(SystemClock),
        entropy,
        Arc::new(SystemKeyPairs),
    ))
}

/// The store's own counts among the metrics.
fn show_store(registry: &Registry, store: Arc<SqliteStore>) -> Result<()> {
    let names = [
        ("coffer_store_commits_total", "Commits taken"),
        ("coffer_store_refused_total", "Commits refused for a precondition"),
        ("coffer_store_records_total", "Audit records of reads"),
        (
            "coffer_store_transactions_total",
            "Transactions that carried them",
        ),
        (
            "coffer_store_flushes_total",
            "Transactions that were flushed to disk",
        ),
    ];
    sample(registry, &names, move || {
        let stats = store.stats();
        vec![
            stats.commits,
            stats.refused,
            stats.records,
            stats.transactions,
            stats.flushes,
        ]
    })?;
    Ok(())
}

/// The server's certificates, kept fresh from now on.
async fn certificates(settings: &Settings, coffer: &Coffer) -> Result<Option<Arc<Certificates>>> {
    let Some(directory) = &settings.tls_dir else {
        return Ok(None);
    };
    let options = TlsOptions {
        names: settings.tls_name.clone(),
        store: Arc::new(AuthorityDir(PathBuf::from(directory))),
    };
    let certificates = Arc::new(Certificates::start(options, coffer.clock().now()).await?);
    let (kept, coffer) = (Arc::clone(&certificates), coffer.clone());
    tokio::spawn(async move { kept.maintain(coffer.clock()).await });
    Ok(Some(certificates))
}

fn identity(settings: &WorkloadSettings) -> Result<Option<Arc<WorkloadIdentity>>> {
    let Some(issuer) = settings.workload_issuer.clone() else {
        return Ok(None);
    };
    let source: Arc<dyn ClusterKeys> = match (&settings.workload_jwks_file, &settings.workload_jwks_url) {
        (Some(file), None) => Arc::new(JwksFile(file.clone())),
        (None, Some(url)) => Arc::new(JwksUrl::new(url)?),
        _ => bail!("name the cluster's keys with --workload-jwks-file or --workload-jwks-url"),
    };
    let options = IdentityOptions {
        issuer,
        audience: settings.workload_audience.clone(),
    };
    Ok(Some(Arc::new(WorkloadIdentity::new(
        options,
        KeyRing::new(source),
        Arc::new(WhileTokenLasts),
    ))))
}
