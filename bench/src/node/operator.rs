//! The operator's process, where it runs on this machine.

use std::fs;

use anyhow::{Context, Result};
use coffer_e2e::SYSTEM_NAMESPACE;
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, Client, api::ListParams};

use crate::cost::{self, Resident};

/// What it holds in memory; none when its pod runs on another machine.
pub async fn resident(client: &Client) -> Result<Option<Resident>> {
    process(client).await?.map(cost::resident).transpose()
}

/// Its process; none when its pod runs on another machine.
pub async fn process(client: &Client) -> Result<Option<u32>> {
    let pods: Api<Pod> = Api::namespaced(client.clone(), SYSTEM_NAMESPACE);
    let selector = ListParams::default().labels("app.kubernetes.io/component=operator");
    let pod = pods
        .list(&selector)
        .await?
        .items
        .pop()
        .context("no operator's pod")?;
    let uid = pod.metadata.uid.context("a pod without uid")?;
    process_in(&uid)
}

/// The process of that name in the control group of that pod.
fn process_in(uid: &str) -> Result<Option<u32>> {
    for entry in fs::read_dir("/proc")?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Ok(pid) = name.parse::<u32>() else { continue };
        let read = |file: &str| fs::read_to_string(entry.path().join(file)).unwrap_or_default();
        if read("comm").trim() == "coffer-operator" && in_pod(&read("cgroup"), uid) {
            return Ok(Some(pid));
        }
    }
    Ok(None)
}

/// Drivers differ in how they spell a uid.
fn in_pod(cgroup: &str, uid: &str) -> bool {
    cgroup.contains(uid) || cgroup.contains(&uid.replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_drivers_are_understood() {
        assert!(in_pod("4:memory:/kubepods/burstable/pod1-2/abc", "1-2"));
        assert!(in_pod("0::/kubepods.slice/kubepods-pod1_2.slice/x.scope", "1-2"));
        assert!(!in_pod("0::/", "1-2"));
    }
}
