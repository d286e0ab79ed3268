//! A node's name and every path that follows from it. Nothing here touches the disk.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Result, ensure};
use sha2::{Digest, Sha256};

/// A node's name: a DNS label of at most 20 characters, so that it fits into paths, network
/// namespaces and the Kubernetes Node object alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeName(String);

impl FromStr for NodeName {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        ensure!(
            (1..=20).contains(&text.len()) && text.chars().all(plain),
            "a node name is 1 to 20 of a-z, 0-9 and -"
        );
        ensure!(
            !text.starts_with('-') && !text.ends_with('-'),
            "a node name neither starts nor ends with -"
        );
        Ok(Self(text.to_owned()))
    }
}

impl NodeName {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The network namespace, as `ip netns` lists it.
    pub fn netns(&self) -> String {
        format!("coffer-{}", self.0)
    }

    /// The host's end of the link to the node. The kernel allows 15 characters, so a long name is hashed.
    pub fn host_interface(&self) -> String {
        if self.0.len() <= 11 {
            return format!("cof-{}", self.0);
        }
        format!("cof-{}", &hex::encode(Sha256::digest(&self.0))[..11])
    }
}

/// Where one node keeps its things.
#[derive(Clone, Debug)]
pub struct Layout {
    pub name: NodeName,
    /// Survives a reboot: certificates, etcd, images, logs.
    pub state: PathBuf,
    /// Does not survive one: sockets, containerd's running state, address leases.
    pub run: PathBuf,
}

impl Layout {
    /// The folder that holds every node's state folder.
    pub const ROOT: &str = "/var/lib/coffer-node";

    pub fn new(name: NodeName) -> Self {
        let state = Path::new(Self::ROOT).join(name.as_str());
        let run = Path::new("/run/coffer-node").join(name.as_str());
        Self { name, state, run }
    }

    pub fn pki(&self, file: &str) -> PathBuf {
        self.state.join("pki").join(file)
    }

    pub fn config(&self, file: &str) -> PathBuf {
        self.state.join("config").join(file)
    }

    pub fn log(&self, component: &str) -> PathBuf {
        self.state.join("logs").join(format!("{component}.log"))
    }

    pub fn record(&self, component: &str) -> PathBuf {
        self.state.join("pids").join(format!("{component}.json"))
    }

    /// Credentials of one component, or of the administrator (`admin`).
    pub fn kubeconfig(&self, user: &str) -> PathBuf {
        self.state.join("kubeconfigs").join(format!("{user}.yaml"))
    }

    pub fn containerd_socket(&self) -> PathBuf {
        self.run.join("containerd.sock")
    }

    pub fn kubelet_root(&self) -> PathBuf {
        self.state.join("kubelet")
    }

    pub fn netns_path(&self) -> PathBuf {
        Path::new("/run/netns").join(self.name.netns())
    }

    /// Held while `up` or `down` runs. Outside the state folder, which `down` removes.
    pub fn lock(&self) -> PathBuf {
        Path::new(Self::ROOT).join(format!(".{}.lock", self.name.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_names_that_would_leave_their_folder() {
        for bad in ["", "..", "a/b", "A", "-a", "a-", "aaaaaaaaaaaaaaaaaaaaa", "a b"] {
            assert!(bad.parse::<NodeName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn interface_names_fit_the_kernel_and_differ() {
        let interface = |name: &str| name.parse::<NodeName>().unwrap().host_interface();
        assert_eq!(interface("coffer"), "cof-coffer");
        let (a, b) = (interface("a-rather-long-name"), interface("a-rather-long-namf"));
        assert!(a.len() == 15 && b.len() == 15 && a != b);
    }
}
