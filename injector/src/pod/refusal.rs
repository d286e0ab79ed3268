//! Pods that cannot be injected, or that had better not be.

use crate::{annotation::INJECT, denied::Denied, pod::agent, pod::volumes, view::Pod};

/// Refuses pods that the agent cannot serve safely.
pub fn check(pod: &Pod<'_>) -> Result<(), Denied> {
    let spec = &pod.spec;
    if spec.os.as_ref().is_some_and(|os| os.name == *"windows") {
        return Err(Denied::new(
            "spec.os.name",
            "the agent does not run on Windows",
            format!("remove {INJECT}"),
        ));
    }
    if spec.host_pid == Some(true) {
        let problem =
            "every process of the node could read the values in the agent's memory, and they in turn theirs";
        return Err(Denied::new(
            "spec.hostPID",
            problem,
            format!("remove hostPID, or remove {INJECT}"),
        ));
    }
    names_are_free(pod)
}

/// Our containers' and volumes' names must not be taken, nor our volumes be mounted by the author.
fn names_are_free(pod: &Pod<'_>) -> Result<(), Denied> {
    let fix = "rename it: the name is the injector's";
    for (place, container) in pod.spec.all() {
        if container.name == *agent::NAME {
            return Err(Denied::new(
                place.pointer(),
                format!("a container is named {}", agent::NAME),
                fix,
            ));
        }
        if container
            .volume_mounts
            .iter()
            .flatten()
            .any(|mount| volumes::is_reserved(mount.name.as_str()))
        {
            let problem = format!(
                "container {} mounts a volume of the injector's",
                container.name.as_str()
            );
            return Err(Denied::new(place.pointer(), problem, "remove the mount"));
        }
    }
    match pod
        .spec
        .volumes
        .iter()
        .flatten()
        .find(|volume| volumes::is_reserved(volume.name.as_str()))
    {
        Some(taken) => Err(Denied::new(
            "spec.volumes",
            format!("a volume is named {}", taken.name.as_str()),
            fix,
        )),
        None => Ok(()),
    }
}

/// What its author should know of a pod that is injected all the same.
pub fn warnings(pod: &Pod<'_>) -> Vec<String> {
    let mut warnings = Vec::new();
    if pod.spec.share_process_namespace == Some(true) {
        warnings.push(
            "spec.shareProcessNamespace: every container of the pod can see the agent's processes and those of \
             containers that received values"
                .to_owned(),
        );
    }
    let policy = pod
        .spec
        .dns_policy
        .as_ref()
        .map_or("ClusterFirst", |policy| policy.as_str());
    let on_host = pod.spec.host_network == Some(true);
    if matches!(policy, "Default" | "None") || (on_host && policy == "ClusterFirst") {
        let fix = if on_host {
            "ClusterFirstWithHostNet"
        } else {
            "ClusterFirst"
        };
        warnings.push(format!(
            "spec.dnsPolicy: the agent finds Coffer's server by its name in the cluster, which {policy} may not \
             resolve here; set {fix}"
        ));
    }
    warnings
}
