//! `down`: stops what `up` started and removes what it left. Works on a node in any state.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

use super::claim;
use crate::components::containerd::network_name;
use crate::name::{Layout, NodeName};
use crate::step::step;
use crate::{cgroup, daemon, images, mounts, network};

/// Where the kubelet links to the logs of its containers, for collectors to find. The place is fixed in its source.
const CONTAINER_LOGS: &str = "/var/log/containers";

/// Where the network plugins' library remembers what it did for each pod; containerd gives it no other place.
const NETWORK_RESULTS: &str = "/var/lib/cni/results";

pub fn down(layout: &Layout, keep_state: bool) -> Result<()> {
    let _claim = claim(layout)?;
    if !layout.state.exists() && !layout.run.exists() {
        println!("there is no node {}", layout.name.as_str());
        return Ok(());
    }
    // The kubelet first, or it would restart what is stopped after it.
    stop(layout, "kubelet", Duration::from_secs(5))?;
    step("containers", || end_containers(layout).map(|()| "ended"))?;
    stop(layout, "kube-proxy", Duration::from_secs(5))?;
    stop(layout, "kube-scheduler", Duration::from_secs(5))?;
    stop(layout, "kube-controller-manager", Duration::from_secs(5))?;
    // Asked nicely, the API server waits up to a minute for its watchers. What it knows is in etcd.
    stop(layout, "kube-apiserver", Duration::ZERO)?;
    stop(layout, "etcd", Duration::from_secs(10))?;
    stop(layout, "containerd", Duration::from_secs(10))?;
    step("leftovers", || {
        remove_traces(layout, keep_state).map(|()| "removed")
    })
}

fn stop(layout: &Layout, component: &str, grace: Duration) -> Result<()> {
    step(component, || {
        daemon::stop(layout, component, grace).map(|()| "stopped")
    })
}

/// Through containerd while it runs, so that its records agree; then by hand, for what it did not know of.
fn end_containers(layout: &Layout) -> Result<()> {
    if daemon::is_alive(layout, "containerd") {
        let containers = images::ctr(layout, &["containers", "list", "--quiet"]).unwrap_or_default();
        for container in containers.lines() {
            // Some have no task any more; a failure here is made good below.
            let _ = images::ctr(layout, &["tasks", "delete", "--force", container]);
            let _ = images::ctr(layout, &["containers", "delete", container]);
        }
    }
    cgroup::remove(&layout.name)
}

/// Shims outlive containerd by design. Each was given our socket, which no other node has.
fn end_shims(layout: &Layout) {
    let socket = layout.containerd_socket().display().to_string();
    for pid in daemon::pids_with_argument(&socket)
        .into_iter()
        .filter_map(Pid::from_raw)
    {
        let _ = kill_process(pid, Signal::KILL);
    }
}

fn remove_traces(layout: &Layout, keep_state: bool) -> Result<()> {
    end_shims(layout);
    cgroup::remove(&layout.name)?;
    mounts::unmount_below(&[&layout.state, &layout.run])?;
    network::remove(layout)?;
    remove_network_results(&layout.name);
    remove_folder(&layout.run)?;
    if keep_state {
        return remove_folder(&layout.state.join("pids"));
    }
    remove_log_links(&layout.state);
    remove_folder(&layout.state)
}

fn remove_folder(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

fn remove_log_links(state: &Path) {
    remove_where(CONTAINER_LOGS, |link| {
        fs::read_link(link).is_ok_and(|target| target.starts_with(state))
    });
}

/// The results of our network carry its name; those of the loopback only the same pod's id.
fn remove_network_results(name: &NodeName) {
    let network = network_name(name);
    let ids: Vec<String> = entries(NETWORK_RESULTS)
        .iter()
        .filter_map(|file| pod_id(file, &network))
        .collect();
    remove_where(NETWORK_RESULTS, |file| {
        ids.iter().any(|id| file_name(file).contains(id.as_str()))
    });
}

/// The id between the network's name and the interface's.
fn pod_id(result: &Path, network: &str) -> Option<String> {
    let name = file_name(result);
    let (id, _interface) = name.strip_prefix(network)?.strip_prefix('-')?.split_once('-')?;
    (id.len() == 64).then(|| id.to_owned())
}

fn file_name(path: &Path) -> std::borrow::Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}

fn entries(folder: &str) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect()
}

fn remove_where(folder: &str, ours: impl Fn(&Path) -> bool) {
    for path in entries(folder).iter().filter(|path| ours(path)) {
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_id_is_found_in_our_own_results_only() {
        let id = "e5fc".repeat(16);
        let found = |file: String| pod_id(Path::new(&file), "coffer-node.a.");
        assert_eq!(found(format!("/x/coffer-node.a.-{id}-eth0")), Some(id.clone()));
        assert_eq!(found(format!("/x/coffer-node.a-b.-{id}-eth0")), None);
        assert_eq!(found(format!("/x/cni-loopback-{id}-lo")), None);
        assert_eq!(found("/x/coffer-node.a.-short-eth0".to_owned()), None);
    }
}
