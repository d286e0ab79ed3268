//! The kubelet, in a control group of its own so that two nodes do not clean up after each other.

use anyhow::Result;

use super::{Node, flag};
use crate::cgroup;
use crate::daemon::Daemon;
use crate::state::write_file;

/// Writes the kubelet's configuration and the resolver file it hands to pods.
pub fn configure(node: Node<'_>) -> Result<()> {
    let resolver = format!("nameserver {}\n", node.plan.dns_service());
    write_file(&node.layout.config("resolv.conf"), resolver.as_bytes(), 0o644)?;
    write_file(&node.layout.config("kubelet.yaml"), yaml(node).as_bytes(), 0o644)
}

pub fn daemon(node: Node<'_>) -> Daemon {
    Daemon {
        name: "kubelet",
        program: node.program("kubelet"),
        arguments: vec![
            flag("config", node.layout.config("kubelet.yaml").display()),
            flag("kubeconfig", node.kubeconfig("kubelet")),
            flag("hostname-override", node.layout.name.as_str()),
            flag("node-ip", node.plan.node()),
            flag("root-dir", node.layout.kubelet_root().display()),
        ],
        reads: vec![
            node.layout.config("kubelet.yaml"),
            node.layout.kubeconfig("kubelet"),
        ],
    }
}

/// Images are never pulled, so none may be collected; and a disk that is fairly full is no reason to
/// evict a test's pods.
fn yaml(node: Node<'_>) -> String {
    let layout = node.layout;
    let path = |path: std::path::PathBuf| path.display().to_string();
    format!(
        r#"apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
containerRuntimeEndpoint: "unix://{socket}"
address: "{address}"
healthzPort: 0
authentication:
  anonymous: {{enabled: false}}
  webhook: {{enabled: true}}
  x509: {{clientCAFile: "{authority}"}}
authorization: {{mode: Webhook}}
tlsCertFile: "{certificate}"
tlsPrivateKeyFile: "{key}"
clusterDomain: cluster.local
clusterDNS: ["{dns}"]
resolvConf: "{resolver}"
cgroupDriver: cgroupfs
cgroupRoot: "/{cgroup}"
failCgroupV1: false
failSwapOn: false
oomScoreAdj: 0
podLogsDir: "{logs}"
volumePluginDir: "{volume_plugins}"
staticPodPath: ""
imageGCHighThresholdPercent: 100
evictionHard: {{memory.available: "100Mi", nodefs.available: "0%", nodefs.inodesFree: "0%", imagefs.available: "0%", imagefs.inodesFree: "0%"}}
"#,
        socket = path(layout.containerd_socket()),
        address = node.plan.node(),
        authority = node.pki("ca.crt"),
        certificate = node.pki("kubelet.crt"),
        key = node.pki("kubelet.key"),
        dns = node.plan.dns_service(),
        resolver = path(layout.config("resolv.conf")),
        cgroup = cgroup::name(&layout.name),
        logs = path(layout.state.join("pod-logs")),
        volume_plugins = path(layout.state.join("volume-plugins")),
    )
}
