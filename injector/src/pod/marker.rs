//! Whether a pod was injected before, and the marks that say so.

use crate::{
    annotation::{INJECTED_LABEL, STATUS, STATUS_INJECTED},
    denied::Denied,
    patch::Patch,
    pod::agent,
    view::Pod,
};

/// Whether the pod already carries the agent, as on a second call in one admission (`reinvocationPolicy`).
///
/// # Errors
/// Marks without an agent are forged: they would slip past the policy that refuses pods without one. An
/// agent without marks is someone else's container under our name.
pub fn is_injected(pod: &Pod<'_>) -> Result<bool, Denied> {
    let status = pod.metadata.annotation(STATUS);
    let label = pod.metadata.label(INJECTED_LABEL);
    let marked = status == Some(STATUS_INJECTED) && label == Some("true");
    let carries = pod.spec.init_containers.iter().flatten().any(agent::is_agent);
    if marked && carries {
        return Ok(true);
    }
    let fix = "remove it: the injector writes it";
    if status.is_some() {
        return Err(Denied::new(
            STATUS,
            "it is set on a pod that carries no agent of Coffer's",
            fix,
        ));
    }
    if label.is_some() {
        let about = format!("label {INJECTED_LABEL}");
        return Err(Denied::new(
            about,
            "it is set on a pod that carries no agent of Coffer's",
            fix,
        ));
    }
    Ok(false)
}

/// Marks the pod as injected.
pub fn mark(patch: &mut Patch, pod: &Pod<'_>) {
    patch.set(
        "/metadata/annotations",
        pod.metadata.annotations.is_some(),
        STATUS,
        STATUS_INJECTED,
    );
    patch.set(
        "/metadata/labels",
        pod.metadata.labels.is_some(),
        INJECTED_LABEL,
        "true",
    );
}
