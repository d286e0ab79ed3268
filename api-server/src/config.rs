//! The program's settings, from its command line, and their checks.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use clap::{Args, Parser, ValueEnum};
use coffer_domain::network::Cidr;
use rustls::ServerConfig;
use thiserror::Error;

use crate::{
    http::{forwarded::TrustedProxies, mount::HostMount, rate::RateOverride, settings::DoorSettings},
    tls::{Certificates, TlsError},
};

/// Serves Coffer's HTTP doors over an embedded store.
#[derive(Debug, Parser)]
#[command(name = "coffer-api-server", version)]
pub struct Settings {
    /// Directory of the store, prepared by `coffer bootstrap`
    #[arg(long, env = "COFFER_DATA")]
    pub data: PathBuf,
    /// Address to listen on; port 0 takes a free one and logs it
    #[arg(long, env = "COFFER_LISTEN", default_value = "127.0.0.1:8443")]
    pub listen: SocketAddr,
    /// Serve plain HTTP; only on a loopback address
    #[arg(long)]
    pub insecure_http: bool,
    /// Directory of the server's own certificate authority, made if absent
    #[arg(long, env = "COFFER_TLS_DIR", conflicts_with = "insecure_http")]
    pub tls_dir: Option<PathBuf>,
    /// DNS names and IP addresses in the server's certificate
    #[arg(long, env = "COFFER_TLS_NAME", value_delimiter = ',', default_values_t = ["localhost".to_owned(), "127.0.0.1".to_owned()])]
    pub tls_name: Vec<String>,
    /// File of the key that encrypts all keys; <data>/kek without
    #[arg(long, env = "COFFER_KEK_FILE")]
    pub kek_file: Option<PathBuf>,
    /// Plain listener for /metrics and probes; without, they are on the main one
    #[arg(long, env = "COFFER_METRICS_LISTEN")]
    pub metrics_listen: Option<SocketAddr>,
    /// Log a line per request
    #[arg(long, env = "COFFER_ACCESS_LOG")]
    pub access_log: bool,
    /// When a read is answered: its audit record is `written`, or `durable` on disk
    #[arg(long, env = "COFFER_AUDIT_DURABILITY", default_value = "written")]
    pub audit_durability: Durability,
    /// Pods' identity.
    #[command(flatten)]
    pub workload: WorkloadSettings,
    /// The dialects.
    #[command(flatten)]
    pub doors: DoorArgs,
}

/// How the dialects are served.
#[derive(Debug, Clone, Default, Args)]
pub struct DoorArgs {
    /// Host that belongs to a dialect as a whole, such as api.secryn.example=secryn; may be repeated
    #[arg(
        long = "host",
        env = "COFFER_HOST",
        value_name = "HOST=DIALECT",
        value_delimiter = ','
    )]
    pub hosts: Vec<HostMount>,
    /// Rate limit of a dialect's bucket, such as secryn.default=1000/1m or =off; of failed authentications of an address: failures.address
    #[arg(
        long = "rate-limit",
        env = "COFFER_RATE_LIMIT",
        value_name = "BUCKET=RATE",
        value_delimiter = ','
    )]
    pub rates: Vec<RateOverride>,
    /// Block of addresses of proxies whose X-Forwarded-For or Forwarded is believed
    #[arg(
        long = "trusted-proxy",
        env = "COFFER_TRUSTED_PROXY",
        value_name = "CIDR",
        value_delimiter = ','
    )]
    pub proxies: Vec<Cidr>,
    /// Block of addresses that webhooks may go to although they are private
    #[arg(
        long = "webhook-allow",
        env = "COFFER_WEBHOOK_ALLOW",
        value_name = "CIDR",
        value_delimiter = ','
    )]
    pub webhook_allow: Vec<Cidr>,
    /// Pods' streams.
    #[command(flatten)]
    pub streams: crate::StreamArgs,
    /// The Keyway door.
    #[command(flatten)]
    pub keyway: crate::keyway::Args,
    /// What it says of the Canonical door.
    #[command(flatten)]
    pub canonical: crate::canonical::Args,
    /// The KeyNest door.
    #[command(flatten)]
    pub keynest: crate::keynest::Args,
    /// The MCP door.
    #[command(flatten)]
    pub mcp: crate::mcp::Args,
}

impl DoorArgs {
    /// The settings.
    pub fn settings(&self) -> DoorSettings {
        DoorSettings {
            hosts: self.hosts.clone(),
            rates: self.rates.clone(),
            proxies: TrustedProxies(self.proxies.clone()),
            webhook_allow: self.webhook_allow.clone(),
            keyway: self.keyway.settings(),
            canonical: self.canonical.settings(),
            keynest: self.keynest.settings(),
            mcp: self.mcp.settings(),
        }
    }

    /// How TLS is spoken: clients are asked for a certificate where a door goes by those.
    pub fn server_config(&self, certificates: &Certificates) -> Result<Arc<ServerConfig>, TlsError> {
        if self.canonical.asks_for_certificates() {
            certificates.asking_server_config()
        } else {
            certificates.server_config()
        }
    }

    /// Refuses what names no dialect or bucket, and files that cannot be read.
    pub fn check(&self) -> Result<(), BadSettings> {
        if let Some(why) = self.settings().unknown() {
            return Err(BadSettings::Unknown(why));
        }
        self.keyway
            .check()
            .map_err(|bad| BadSettings::Unknown(bad.to_string()))?;
        self.canonical
            .check()
            .map_err(|bad| BadSettings::Unknown(bad.to_string()))
    }
}

/// How safe an audit record of a read is when the read is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Durability {
    /// Survives the end of the process.
    Written,
    /// Survives the loss of power.
    Durable,
}

/// How pods' tokens are verified. All or nothing.
#[derive(Debug, Args)]
pub struct WorkloadSettings {
    /// Issuer of the cluster's service-account tokens; without, no pod is let in
    #[arg(long, env = "COFFER_WORKLOAD_ISSUER", requires = "keys")]
    pub workload_issuer: Option<String>,
    /// Audience that tokens must be for
    #[arg(long, env = "COFFER_WORKLOAD_AUDIENCE", default_value = "coffer")]
    pub workload_audience: String,
    /// File with the cluster's public keys (JWKS)
    #[arg(
        long,
        env = "COFFER_WORKLOAD_JWKS_FILE",
        group = "keys",
        requires = "workload_issuer"
    )]
    pub workload_jwks_file: Option<PathBuf>,
    /// Address of the cluster's public keys (JWKS)
    #[arg(
        long,
        env = "COFFER_WORKLOAD_JWKS_URL",
        group = "keys",
        requires = "workload_issuer"
    )]
    pub workload_jwks_url: Option<String>,
}

/// Where things are in a data directory that `coffer bootstrap` has prepared.
#[derive(Debug, Clone)]
pub struct DataDir(pub PathBuf);

impl DataDir {
    /// The store's own directory.
    pub fn store(&self) -> PathBuf {
        self.0.join("store")
    }

    /// The root key, unless it is kept elsewhere.
    pub fn kek(&self) -> PathBuf {
        self.0.join("kek")
    }
}

/// Settings that do not go together.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum BadSettings {
    /// Neither TLS nor a leave to go without.
    #[error("say how to serve: --tls-dir DIR for TLS, or --insecure-http for plain HTTP on loopback")]
    NoTransport,
    /// Plain HTTP that others could reach.
    #[error(
        "--insecure-http needs a loopback --listen address such as 127.0.0.1:8080, not {0}; elsewhere use --tls-dir"
    )]
    NotLoopback(SocketAddr),
    /// A dialect or bucket that there is not.
    #[error("{0}")]
    Unknown(String),
}

impl Settings {
    /// Refuses what must not be served.
    pub fn check(&self) -> Result<(), BadSettings> {
        match (&self.tls_dir, self.insecure_http) {
            (None, false) => Err(BadSettings::NoTransport),
            (None, true) if !self.listen.ip().is_loopback() => Err(BadSettings::NotLoopback(self.listen)),
            _ => self.doors.check(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(arguments: &[&str]) -> Result<Settings, clap::Error> {
        Settings::try_parse_from(["coffer-api-server", "--data", "d"].iter().chain(arguments))
    }

    #[test]
    fn plain_http_is_for_loopback_alone() {
        for (listen, good) in [
            ("127.0.0.1:0", true),
            ("[::1]:1", true),
            ("0.0.0.0:1", false),
            ("10.0.0.1:1", false),
        ] {
            let found = settings(&["--listen", listen, "--insecure-http"])
                .unwrap()
                .check();
            assert_eq!(found.is_ok(), good, "{listen}");
        }
        assert_eq!(settings(&[]).unwrap().check(), Err(BadSettings::NoTransport));
        assert_eq!(
            settings(&["--tls-dir", "t", "--listen", "0.0.0.0:1"])
                .unwrap()
                .check(),
            Ok(())
        );
        assert!(settings(&["--tls-dir", "t", "--insecure-http"]).is_err());
    }

    #[test]
    fn workload_identity_is_all_or_nothing() {
        assert!(settings(&["--workload-issuer", "i"]).is_err());
        assert!(settings(&["--workload-jwks-file", "f"]).is_err());
        assert!(settings(&["--workload-issuer", "i", "--workload-jwks-file", "f"]).is_ok());
        assert!(
            settings(&[
                "--workload-issuer",
                "i",
                "--workload-jwks-file",
                "f",
                "--workload-jwks-url",
                "u"
            ])
            .is_err()
        );
    }

    #[test]
    fn what_names_no_dialect_or_bucket_is_refused() {
        let check = |arguments: &[&str]| {
            let plain = ["--insecure-http"].iter().chain(arguments).copied();
            settings(&plain.collect::<Vec<_>>()).unwrap().check()
        };
        assert_eq!(check(&["--rate-limit", "secryn.default=off"]), Ok(()));
        assert_eq!(check(&["--rate-limit", "failures.address=5/1m"]), Ok(()));
        assert_eq!(check(&["--host", "api.secryn.test=secryn"]), Ok(()));
        assert!(check(&["--rate-limit", "secryn.other=off"]).is_err());
        assert!(check(&["--host", "x.test=nothing"]).is_err());
        assert!(check(&["--keyway-directory", "/does/not/exist"]).is_err());
        assert!(settings(&["--trusted-proxy", "nowhere"]).is_err());
    }
}
