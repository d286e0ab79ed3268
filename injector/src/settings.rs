//! The injector's configuration, from the command line or the environment, checked once.

use std::{net::SocketAddr, path::PathBuf};

use clap::Parser;

use crate::pod::volumes::Mebibytes;

/// The port of the Service at which pods ask for keys.
const BUNDLE_PORT: u16 = 8444;

/// Adds Coffer's agent to pods that ask for it: a mutating admission webhook.
#[derive(Debug, Clone, Parser)]
#[command(name = "coffer-injector", version)]
pub struct Settings {
    /// Where reviews are served, over TLS.
    #[arg(long, env = "COFFER_LISTEN", default_value = "[::]:8443")]
    pub listen: SocketAddr,

    /// Where /healthz, /readyz and /metrics are served, without TLS.
    #[arg(long, env = "COFFER_HEALTH_LISTEN", default_value = "[::]:8080")]
    pub health_listen: SocketAddr,

    /// The injector's own namespace.
    #[arg(long, env = "COFFER_NAMESPACE")]
    pub namespace: String,

    /// The Service that the API server calls.
    #[arg(long, env = "COFFER_SERVICE", default_value = "coffer-injector")]
    pub service: String,

    /// The Secret in its namespace that holds the webhook's certificates; made if missing.
    #[arg(
        long,
        env = "COFFER_CERTIFICATE_SECRET",
        default_value = "coffer-injector-tls"
    )]
    pub certificate_secret: String,

    /// The webhook configuration whose caBundle is kept up to date.
    #[arg(long, env = "COFFER_WEBHOOK", default_value = "coffer-injector")]
    pub webhook: String,

    /// The server that agents talk to: https://HOST:PORT.
    #[arg(long, env = "COFFER_SERVER", value_parser = server)]
    pub server: String,

    /// PEM file of the certificates that agents trust when they meet the server; read again when it changes.
    #[arg(long, env = "COFFER_TRUST_FILE")]
    pub trust_file: PathBuf,

    /// Audience of the agents' tokens: the server's.
    #[arg(long, env = "COFFER_AUDIENCE", default_value = "coffer")]
    pub audience: String,

    /// Image of the agent.
    #[arg(long, env = "COFFER_AGENT_IMAGE")]
    pub agent_image: String,

    /// When kubelet pulls it; absent: Kubernetes decides by the tag.
    #[arg(long, env = "COFFER_AGENT_PULL_POLICY", value_parser = ["Always", "IfNotPresent", "Never"])]
    pub agent_pull_policy: Option<String>,

    /// The agent's program inside its image.
    #[arg(long, env = "COFFER_AGENT_PATH", default_value = "/coffer-agent")]
    pub agent_path: String,

    /// The most a memory volume of an injected pod may hold. The default fits 256 values of 64 KiB twice
    /// over, as while they are exchanged.
    #[arg(long, env = "COFFER_VOLUME_SIZE", default_value = "36Mi")]
    pub volume_size: Mebibytes,

    /// Directory with the root key of last-known-good bundles; without, no pod starts while the store is down.
    #[arg(long, env = "COFFER_BUNDLE_ROOT")]
    pub bundle_root: Option<PathBuf>,

    /// Where pods ask for the keys of their bundles, over TLS.
    #[arg(long, env = "COFFER_BUNDLE_LISTEN", default_value = "[::]:8444")]
    pub bundle_listen: SocketAddr,

    /// Look for references to secrets in config maps that variables of injected pods come from; the injector needs the
    /// right to get config maps then.
    #[arg(long, env = "COFFER_CONFIG_MAP_REFERENCES")]
    pub config_map_references: bool,

    /// Also take pods that ask for vault-k8s, by its annotations.
    #[arg(long, env = "COFFER_COMPAT_VAULT_K8S")]
    pub compat_vault_k8s: bool,

    /// This process, unique among replicas; a pod's host name is its name.
    #[arg(long, env = "HOSTNAME", default_value = "coffer-injector")]
    pub identity: String,

    /// Seconds between the signal to end and the last review, so that the API server hears of it first.
    #[arg(long, env = "COFFER_DRAIN_SECONDS", default_value_t = 5)]
    pub drain_seconds: u64,
}

/// What goes into injected pods: the part of the settings that decisions rest on.
#[derive(Debug, Clone)]
pub struct Injection {
    /// `https://HOST:PORT` of the server.
    pub server: String,
    /// Audience of the agents' tokens.
    pub audience: String,
    /// Image of the agent.
    pub image: String,
    /// When kubelet pulls it.
    pub pull_policy: Option<String>,
    /// The agent's program inside the image.
    pub agent_path: String,
    /// The most a memory volume may hold.
    pub volume_size: Mebibytes,
    /// Whether annotations of vault-k8s are translated.
    pub vault_k8s: bool,
    /// `https://HOST:PORT` where pods ask for the keys of their bundles; `None`: there are none.
    pub keys: Option<String>,
}

impl Settings {
    /// The part that decisions rest on.
    pub fn injection(&self) -> Injection {
        Injection {
            server: self.server.clone(),
            audience: self.audience.clone(),
            image: self.agent_image.clone(),
            pull_policy: self.agent_pull_policy.clone(),
            agent_path: self.agent_path.clone(),
            volume_size: self.volume_size,
            vault_k8s: self.compat_vault_k8s,
            keys: self.bundle_root.is_some().then(|| self.keys()),
        }
    }

    /// By the first of the names in the certificate; the Service has this port.
    fn keys(&self) -> String {
        format!("https://{}.{}.svc:{BUNDLE_PORT}", self.service, self.namespace)
    }

    /// The names by which the API server may call, most specific first.
    pub fn host_names(&self) -> Vec<String> {
        let host = format!("{}.{}.svc", self.service, self.namespace);
        vec![host.clone(), format!("{host}.cluster.local")]
    }
}

fn server(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").ok_or("must start with https://")?;
    let host = rest.trim_end_matches('/');
    if host.is_empty() || host.contains(['/', '?', '#', '@', ' ']) {
        return Err("must be https://HOST:PORT without a path".to_owned());
    }
    Ok(format!("https://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_is_an_https_origin() {
        assert_eq!(
            server("https://coffer.ns.svc:8443/").unwrap(),
            "https://coffer.ns.svc:8443"
        );
        for bad in [
            "http://coffer:80",
            "coffer:8443",
            "https://",
            "https://a/b",
            "https://u@h",
            "https://a b",
        ] {
            assert!(server(bad).is_err(), "{bad}");
        }
    }
}
