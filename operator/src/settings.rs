//! The program's settings, from its command line and environment.

use std::{net::SocketAddr, num::NonZeroU16, path::PathBuf, time::Duration};

use clap::Parser;
use coffer_domain::copy_rule::CopyRule;
use thiserror::Error;

use crate::{context::SecretNamespaces, remote::LEAST_REFRESH, restart::Options};

/// Runs Coffer's controllers, with the API server inside.
#[derive(Debug, Parser)]
#[command(name = "coffer-operator", version)]
pub struct Settings {
    /// Directory of the embedded store, made if absent
    #[arg(long, env = "COFFER_DATA")]
    pub data: PathBuf,
    /// Address to serve the API on, with TLS
    #[arg(long, env = "COFFER_LISTEN", default_value = "0.0.0.0:8443")]
    pub listen: SocketAddr,
    /// Address for probes and /metrics, plain HTTP
    #[arg(long, env = "COFFER_METRICS_LISTEN", default_value = "0.0.0.0:9090")]
    pub metrics_listen: SocketAddr,
    /// The operator's own namespace: its Lease, certificate authority and trust bundle are there
    #[arg(long, env = "COFFER_NAMESPACE")]
    pub namespace: String,
    /// This process, unique among replicas; a pod's host name is its name
    #[arg(long, env = "HOSTNAME", default_value = "coffer-operator")]
    pub identity: String,
    /// NAMESPACE/NAME of the Secret with the store's root key, made if there is no store yet
    #[arg(
        long,
        env = "COFFER_KEK_SECRET",
        conflicts_with = "kek_file",
        required_unless_present = "kek_file"
    )]
    pub kek_secret: Option<NamespacedName>,
    /// File with the store's root key, instead of a Secret
    #[arg(long, env = "COFFER_KEK_FILE")]
    pub kek_file: Option<PathBuf>,
    /// Secret of the server's certificate authority, made if absent
    #[arg(long, env = "COFFER_AUTHORITY_SECRET", default_value = "coffer-ca")]
    pub authority_secret: String,
    /// `ConfigMap` in which the certificates to trust are published, key ca.crt
    #[arg(long, env = "COFFER_TRUST_CONFIG_MAP", default_value = "coffer-trust")]
    pub trust_config_map: String,
    /// Lease that decides which replica's controllers run
    #[arg(long, env = "COFFER_LEASE", default_value = "coffer-operator")]
    pub lease: String,
    /// Seconds after which a Lease that was not renewed may be taken over
    #[arg(long, env = "COFFER_LEASE_SECONDS", default_value = "30")]
    pub lease_seconds: NonZeroU16,
    /// DNS names and IP addresses in the server's certificate
    #[arg(
        long = "tls-name",
        env = "COFFER_TLS_NAME",
        value_delimiter = ',',
        required = true
    )]
    pub tls_names: Vec<String>,
    /// Namespaces whose core Secrets may be read and written; * for all, none without
    #[arg(long, env = "COFFER_SECRET_NAMESPACES", value_delimiter = ',')]
    pub secret_namespaces: Vec<String>,
    /// What of another OpenBao or Vault server (`VAULT_URL`) may be copied into whose `VaultSecret`s: NAMESPACE=MOUNT/PATH,
    /// * for any characters, {namespace} for the namespace's name: team-a=secret/team-a/*; without, nothing
    #[arg(
        long = "remote-allow",
        env = "COFFER_REMOTE_ALLOW",
        value_name = "NAMESPACE=MOUNT/PATH",
        value_delimiter = ','
    )]
    pub remote_allow: Vec<CopyRule>,
    /// Mounts whose engines are called otherwise on that server: team=kv/team
    #[arg(
        long = "remote-mounts",
        env = "COFFER_REMOTE_MOUNTS",
        value_name = "MOUNT=ENGINE",
        value_delimiter = ','
    )]
    pub remote_mounts: Vec<String>,
    /// How often that server is asked for new versions, for entries that do not say: 1m; at least 5s
    #[arg(long, env = "COFFER_REMOTE_REFRESH_EVERY", value_name = "DURATION", default_value = "1m", value_parser = refresh)]
    pub remote_refresh_every: Duration,
    /// Audience that pods' tokens must be for
    #[arg(long, env = "COFFER_WORKLOAD_AUDIENCE", default_value = "coffer")]
    pub workload_audience: String,
    /// Issuer of pods' tokens; without, the one that the cluster publishes
    #[arg(long, env = "COFFER_WORKLOAD_ISSUER")]
    pub workload_issuer: Option<String>,
    /// Restart workloads whose pods were started with older values, where that is asked for
    #[arg(long, env = "COFFER_RESTARTS")]
    pub restarts: bool,
    /// The most workloads that are restarted at a time
    #[arg(long, env = "COFFER_RESTARTS_AT_ONCE", default_value = "3")]
    pub restarts_at_once: NonZeroU16,
    /// The most restarts of one workload in an hour, up to 15: what comes more often is a loop
    #[arg(long, env = "COFFER_RESTARTS_PER_HOUR", default_value = "6",
          value_parser = clap::value_parser!(u16).range(1..=15))]
    pub restarts_per_hour: u16,
    /// Log a line per request
    #[arg(long, env = "COFFER_ACCESS_LOG")]
    pub access_log: bool,
}

impl Settings {
    /// Whether and how workloads are restarted.
    pub fn restarts(&self) -> Options {
        Options {
            enabled: self.restarts,
            at_once: self.restarts_at_once.get().into(),
            per_hour: self.restarts_per_hour.into(),
        }
    }

    /// Where Secrets may be used.
    pub fn secret_namespaces(&self) -> SecretNamespaces {
        if self.secret_namespaces.iter().any(|name| name == "*") {
            return SecretNamespaces::All;
        }
        let names = self
            .secret_namespaces
            .iter()
            .map(|name| name.trim())
            .filter(|name| !name.is_empty());
        SecretNamespaces::These(names.map(str::to_owned).collect())
    }
}

/// An interval that a server bears.
fn refresh(text: &str) -> Result<Duration, String> {
    let read: Result<coffer_crds::Duration, _> = text.parse();
    let every = read.map(|every| Duration::from_secs(every.to_seconds()));
    let every = every.map_err(|error| error.to_string())?;
    if every < LEAST_REFRESH {
        return Err("5s is the least".to_owned());
    }
    Ok(every)
}

/// The name of an object and its namespace: `NAMESPACE/NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespacedName {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// Not of the form `NAMESPACE/NAME`.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("write it as NAMESPACE/NAME")]
pub struct BadNamespacedName;

impl std::str::FromStr for NamespacedName {
    type Err = BadNamespacedName;

    fn from_str(text: &str) -> Result<Self, BadNamespacedName> {
        match text.split_once('/') {
            Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() && !name.contains('/') => {
                Ok(Self {
                    namespace: namespace.to_owned(),
                    name: name.to_owned(),
                })
            }
            _ => Err(BadNamespacedName),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(more: &[&str]) -> Result<Settings, clap::Error> {
        let base = [
            "coffer-operator",
            "--data=/d",
            "--namespace=coffer",
            "--tls-name=coffer.coffer.svc",
        ];
        Settings::try_parse_from(base.iter().chain(more))
    }

    #[test]
    fn secrets_are_out_of_bounds_unless_given() {
        let none = parse(&["--kek-secret=coffer/coffer-kek"])
            .unwrap()
            .secret_namespaces();
        assert!(!none.contains("team"));
        let some = parse(&["--kek-file=/k", "--secret-namespaces=team,shop"])
            .unwrap()
            .secret_namespaces();
        assert!(some.contains("shop") && !some.contains("other"));
        let all = parse(&["--kek-file=/k", "--secret-namespaces=*"])
            .unwrap()
            .secret_namespaces();
        assert_eq!(all, SecretNamespaces::All);
    }

    #[test]
    fn one_root_key_is_needed_and_no_more() {
        assert!(parse(&[]).is_err());
        assert!(parse(&["--kek-file=/k", "--kek-secret=a/b"]).is_err());
        assert!(parse(&["--kek-secret=a"]).is_err());
    }

    #[test]
    fn nothing_of_another_server_is_copied_unless_it_is_allowed() {
        let none = parse(&["--kek-file=/k"]).unwrap();
        assert!(none.remote_allow.is_empty());
        assert_eq!(none.remote_refresh_every, crate::remote::USUAL_REFRESH);
        let two = "--remote-allow=a=secret/a/*,*=secret/{namespace}/*";
        assert_eq!(parse(&["--kek-file=/k", two]).unwrap().remote_allow.len(), 2);
        assert!(parse(&["--kek-file=/k", "--remote-allow=secret/a"]).is_err());
        assert!(parse(&["--kek-file=/k", "--remote-refresh-every=4s"]).is_err());
        assert!(parse(&["--kek-file=/k", "--remote-refresh-every=5s"]).is_ok());
    }

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory;
        Settings::command().debug_assert();
    }
}
