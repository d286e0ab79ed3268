//! etcd: one member, on the node's own address, for holders of its authority's certificates only.

use super::{Node, flag};
use crate::daemon::Daemon;

pub const PORT: u16 = 2379;
const PEER_PORT: u16 = 2380;

pub fn daemon(node: Node<'_>) -> Daemon {
    let address = |port| format!("https://{}:{port}", node.plan.node());
    let (clients, peers) = (address(PORT), address(PEER_PORT));
    Daemon {
        name: "etcd",
        program: node.program("etcd"),
        arguments: vec![
            flag("name", "node"),
            flag("data-dir", node.layout.state.join("etcd").display()),
            flag("listen-client-urls", &clients),
            flag("advertise-client-urls", &clients),
            flag("listen-peer-urls", &peers),
            flag("initial-advertise-peer-urls", &peers),
            flag("initial-cluster", format!("node={peers}")),
            flag("client-cert-auth", true),
            flag("trusted-ca-file", node.pki("etcd-ca.crt")),
            flag("cert-file", node.pki("etcd.crt")),
            flag("key-file", node.pki("etcd.key")),
            flag("peer-client-cert-auth", true),
            flag("peer-trusted-ca-file", node.pki("etcd-ca.crt")),
            flag("peer-cert-file", node.pki("etcd.crt")),
            flag("peer-key-file", node.pki("etcd.key")),
            flag("log-level", "warn"),
        ],
        reads: vec![],
    }
}
