//! The programs a node consists of: how each is started and what it reads. Files and arguments
//! only; starting them is `daemon`'s business and their order is `verbs::up`'s.

pub mod containerd;
pub mod control_plane;
pub mod etcd;
pub mod kubelet;
pub mod proxy;

use std::path::PathBuf;

use crate::name::Layout;
use crate::network::Plan;

/// Every component in the order they are started.
pub const ALL: [&str; 7] = [
    "containerd",
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
];

/// What a component is described from.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    pub layout: &'a Layout,
    pub plan: &'a Plan,
    /// The folder of the built Kubernetes programs.
    pub programs: &'a std::path::Path,
}

impl Node<'_> {
    fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    fn pki(&self, file: &str) -> String {
        self.layout.pki(file).display().to_string()
    }

    fn kubeconfig(&self, user: &str) -> String {
        self.layout.kubeconfig(user).display().to_string()
    }
}

fn flag(name: &str, value: impl std::fmt::Display) -> String {
    format!("--{name}={value}")
}
