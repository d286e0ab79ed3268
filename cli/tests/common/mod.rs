//! A server of its own, over a real store, for tests of the real program.

use std::sync::Arc;

use coffer_api_server::{
    Limits, ServerParts, StreamSettings, bootstrap::bootstrap, http::settings::DoorSettings,
    identity::LogNotices, metrics::Metrics, serve,
};
use coffer_domain::{name::OrgName, usecase::Coffer};
use coffer_store::{Seed, StoreOptions, SystemClock, SystemEntropy, SystemKeyPairs, kek::StaticKek};
use prometheus::Registry;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// It ends with the test.
pub struct Server {
    /// Its address.
    pub base: String,
    /// The administrator's key of the organization `default`.
    pub admin: String,
    /// Its files.
    pub data: TempDir,
}

impl Server {
    pub async fn start() -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let data = tempfile::tempdir().unwrap();
        let entropy = Arc::new(SystemEntropy::checked().unwrap());
        let kek = StaticKek::from_keys(Seed::fresh(&*entropy), Vec::new(), Arc::clone(&entropy) as _);
        let options = StoreOptions::new(data.path().join("store"), Arc::new(kek)).unwrap();
        let store = coffer_store::open(options).await.unwrap();
        let coffer = Coffer::new(store, Arc::new(SystemClock), entropy, Arc::new(SystemKeyPairs));
        let made = bootstrap(&coffer, &OrgName::new("default").unwrap())
            .await
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let parts = ServerParts {
            coffer,
            identity: None,
            notices: Arc::new(LogNotices),
            listener,
            tls: None,
            trust: None,
            metrics: Arc::new(Metrics::new(Registry::new()).unwrap()),
            metrics_listener: None,
            limits: Limits::default(),
            streams: StreamSettings::default(),
            access_log: false,
            doors: DoorSettings::default(),
        };
        tokio::spawn(async move { serve(parts, std::future::pending()).await.unwrap() });
        Self {
            base,
            admin: String::from_utf8(made.token.reveal().to_vec()).unwrap(),
            data,
        }
    }
}
