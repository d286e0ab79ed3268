//! containerd: an instance of its own beside any the machine may run, with our pause image and our
//! pod network.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Node;
use crate::daemon::Daemon;
use crate::name::{Layout, NodeName};
use crate::network::BRIDGE;
use crate::run::find_program;
use crate::state::write_file;

/// The namespace in containerd that the kubelet's containers and images live in.
pub const NAMESPACE: &str = "k8s.io";

/// What every pod network needs, by the file name of the plugin.
const PLUGINS: [&str; 4] = ["bridge", "host-local", "loopback", "portmap"];

/// The folder of the network plugins: Debian's, or the one everybody else uses.
pub fn plugin_folder() -> Option<PathBuf> {
    let complete = |folder: &&str| {
        PLUGINS
            .iter()
            .all(|plugin| Path::new(folder).join(plugin).is_file())
    };
    ["/usr/lib/cni", "/opt/cni/bin"]
        .iter()
        .find(|folder| complete(folder))
        .map(PathBuf::from)
}

/// Writes containerd's configuration and the pod network's; `pause` is the reference of the pause image.
pub fn configure(node: Node<'_>, pause: &str) -> Result<()> {
    let plugins = plugin_folder().context("the container network plugins are not installed")?;
    write_file(
        &node.layout.config("containerd.toml"),
        toml(node.layout, &plugins, pause).as_bytes(),
        0o644,
    )?;
    write_file(
        &node.layout.config("cni/10-node.conflist"),
        pod_network(node).to_string().as_bytes(),
        0o644,
    )
}

pub fn daemon(node: Node<'_>) -> Result<Daemon> {
    let config = node.layout.config("containerd.toml");
    Ok(Daemon {
        name: "containerd",
        program: find_program("containerd").context("containerd is not installed")?,
        arguments: vec!["--config".into(), config.display().to_string()],
        reads: vec![config, node.layout.config("cni/10-node.conflist")],
    })
}

fn toml(layout: &Layout, plugins: &Path, pause: &str) -> String {
    // Every part of these paths is checked by `NodeName`, so none needs escaping.
    let (root, state) = (layout.state.join("containerd"), layout.run.join("containerd"));
    let (socket, networks) = (layout.containerd_socket(), layout.config("cni"));
    let [root, state, socket, networks, plugins] =
        [&root, &state, &socket, &networks, plugins].map(|path| path.display());
    // `restrict_oom_score_adj`: without CAP_SYS_RESOURCE runc may not lower the score, and fails without saying so.
    // `netns_mounts_under_state_dir`: so that what is left of pods is found below our own folder.
    format!(
        r#"version = 2
root = "{root}"
state = "{state}"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper"]

[grpc]
  address = "{socket}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  enable_unprivileged_ports = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "{plugins}"
  conf_dir = "{networks}"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
"#
    )
}

/// The pod network's name. The dot at its end, which no node's name has, keeps `a` apart from `a-b`
/// where file names begin with it.
pub fn network_name(node: &NodeName) -> String {
    format!("coffer-node.{}.", node.as_str())
}

/// Pods hang on the node's bridge. There is no masquerading and no default route beyond the node,
/// so a pod reaches other pods, services and this host, and nothing else.
fn pod_network(node: Node<'_>) -> serde_json::Value {
    let leases = node.layout.run.join("leases");
    serde_json::json!({
        "cniVersion": "1.0.0",
        "name": network_name(&node.layout.name),
        "plugins": [
            {
                "type": "bridge",
                "bridge": BRIDGE,
                "isGateway": true,
                "hairpinMode": true,
                "ipam": {
                    "type": "host-local",
                    "ranges": [[{ "subnet": node.plan.pods.to_string() }]],
                    "routes": [{ "dst": "0.0.0.0/0" }],
                    "dataDir": leases,
                },
            },
            { "type": "portmap", "capabilities": { "portMappings": true } },
        ],
    })
}
