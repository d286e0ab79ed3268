//! What people see of a pod that started with older values: a condition on it, and an Event when that begins and ends.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ObjectReference, Pod};
use kube::{
    Api, Client,
    api::{Patch, PatchParams},
    runtime::events::{Event, EventType, Recorder, Reporter},
};
use serde_json::{Value, json};

use super::claim::Claim;

/// The condition's type.
pub const CONDITION: &str = "coffer.dev/Stale";
/// Who reports.
const CONTROLLER: &str = "coffer.dev/injector";

/// Whether a pod holds older values.
#[derive(Debug, Clone, Copy)]
pub enum Mark {
    /// It starts with values that were current at this time, in seconds since 1970.
    Stale(u64),
    /// It holds what the store holds.
    Current,
}

impl Mark {
    fn reason(self) -> &'static str {
        match self {
            Self::Stale(_) => "StartedFromBundle",
            Self::Current => "ValuesCurrent",
        }
    }

    fn message(self) -> String {
        match self {
            Self::Stale(issued) => {
                let at = i64::try_from(issued)
                    .ok()
                    .and_then(|at| Timestamp::from_second(at).ok());
                let at = at.map_or_else(|| "an unknown time".to_owned(), |at| at.to_string());
                format!(
                    "the store could not be reached, so this pod started with the values of {at}; they are replaced \
                     as soon as it can be"
                )
            }
            Self::Current => "this pod holds the store's present values".to_owned(),
        }
    }

    fn status(self) -> &'static str {
        match self {
            Self::Stale(_) => "True",
            Self::Current => "False",
        }
    }
}

/// The patch of a pod's status; another pod of the same name refuses it.
pub fn patch(claim: &Claim, mark: Mark, now: Timestamp) -> Value {
    let now = Timestamp::from_second(now.as_second()).unwrap_or(now).to_string();
    let condition = json!({
        "type": CONDITION, "status": mark.status(), "reason": mark.reason(), "message": mark.message(),
        "lastTransitionTime": now,
    });
    json!({ "metadata": { "uid": claim.uid }, "status": { "conditions": [condition] } })
}

/// Whether the pod says that it started with older values.
pub fn is_stale(pod: &Pod) -> bool {
    let conditions = pod
        .status
        .iter()
        .flat_map(|status| status.conditions.iter().flatten());
    conditions
        .into_iter()
        .any(|one| one.type_ == CONDITION && one.status == "True")
}

/// Writes the condition, which must succeed, and then the Event, which may fail.
pub async fn write(
    client: &Client,
    instance: &str,
    claim: &Claim,
    mark: Mark,
    now: Timestamp,
) -> kube::Result<()> {
    let pods: Api<Pod> = Api::namespaced(client.clone(), &claim.namespace);
    let patch = patch(claim, mark, now);
    pods.patch_status(&claim.pod, &PatchParams::default(), &Patch::Strategic(patch))
        .await?;
    let reporter = Reporter {
        controller: CONTROLLER.to_owned(),
        instance: Some(instance.to_owned()),
    };
    let about = ObjectReference {
        api_version: Some("v1".to_owned()),
        kind: Some("Pod".to_owned()),
        namespace: Some(claim.namespace.clone()),
        name: Some(claim.pod.clone()),
        uid: Some(claim.uid.clone()),
        ..ObjectReference::default()
    };
    let type_ = match mark {
        Mark::Stale(_) => EventType::Warning,
        Mark::Current => EventType::Normal,
    };
    let event = Event {
        type_,
        reason: mark.reason().to_owned(),
        note: Some(mark.message()),
        action: "Start".to_owned(),
        secondary: None,
    };
    if let Err(error) = Recorder::new(client.clone(), reporter)
        .publish(&event, &about)
        .await
    {
        tracing::warn!(%error, namespace = claim.namespace, pod = claim.pod, "an event could not be written");
    }
    Ok(())
}
