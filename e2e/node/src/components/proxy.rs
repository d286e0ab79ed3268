//! kube-proxy, whose rules live in the node's network namespace.

use anyhow::Result;

use super::{Node, flag};
use crate::daemon::Daemon;
use crate::state::write_file;

/// Writes kube-proxy's configuration. Connection-tracking limits belong to the whole machine: they are left alone.
pub fn configure(node: Node<'_>) -> Result<()> {
    let yaml = format!(
        r#"apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clusterCIDR: "{pods}"
hostnameOverride: "{name}"
healthzBindAddress: "127.0.0.1:10256"
metricsBindAddress: "127.0.0.1:10249"
oomScoreAdj: 0
clientConnection: {{kubeconfig: "{kubeconfig}"}}
conntrack: {{maxPerCore: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}}
"#,
        pods = node.plan.pods,
        name = node.layout.name.as_str(),
        kubeconfig = node.kubeconfig("proxy"),
    );
    write_file(&node.layout.config("kube-proxy.yaml"), yaml.as_bytes(), 0o644)
}

pub fn daemon(node: Node<'_>) -> Daemon {
    let config = node.layout.config("kube-proxy.yaml");
    Daemon {
        name: "kube-proxy",
        program: node.program("kube-proxy"),
        arguments: vec![flag("config", config.display())],
        reads: vec![config, node.layout.kubeconfig("proxy")],
    }
}
