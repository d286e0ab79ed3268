//! Events (`events.k8s.io/v1`): one per transition, on the object that it concerns. An Event that cannot
//! be written is logged and forgotten: conditions carry the same words.

use std::sync::Arc;

use coffer_crds::condition;
use coffer_domain::port::Clock;
use k8s_openapi::{
    api::{core::v1::ObjectReference, events::v1::Event},
    apimachinery::pkg::apis::meta::v1::{Condition, MicroTime, ObjectMeta},
};
use kube::{Api, Client, api::PostParams};

use crate::{status::transition, text::shortened};

/// Who reports.
const CONTROLLER: &str = "coffer.dev/operator";
/// The API server refuses longer notes (1 kB).
const LONGEST_NOTE: usize = 1000;

/// How grave it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gravity {
    /// As it should be.
    Normal,
    /// Someone should look.
    Warning,
}

/// Writes Events.
#[derive(Clone)]
pub struct Events {
    client: Client,
    clock: Arc<dyn Clock>,
    instance: String,
}

impl Events {
    /// `instance` is this operator's pod.
    pub fn new(client: Client, clock: Arc<dyn Clock>, instance: String) -> Self {
        Self {
            client,
            clock,
            instance,
        }
    }

    /// Says `note` about an object. It holds no value.
    pub async fn publish(
        &self,
        about: &ObjectReference,
        gravity: Gravity,
        reason: &str,
        action: &str,
        note: &str,
    ) {
        let namespace = about.namespace.as_deref().unwrap_or("default");
        let event = self.event(about, gravity, reason, action, note);
        let api: Api<Event> = Api::namespaced(self.client.clone(), namespace);
        if let Err(error) = api.create(&PostParams::default(), &event).await {
            if is_ending(&error) {
                tracing::debug!(reason, namespace, "no event in a namespace that ends");
            } else {
                tracing::warn!(%error, reason, namespace, "an event could not be written");
            }
        }
    }

    /// One Event if Ready's status or reason changed, unless that is simply the first success.
    pub async fn publish_transition(&self, about: &ObjectReference, old: &[Condition], new: &[Condition]) {
        let Some((before, after)) = transition(condition::READY, old, new) else {
            return;
        };
        if after.status == "True" {
            if before.is_some() {
                self.publish(about, Gravity::Normal, &after.reason, "Reconcile", &after.message)
                    .await;
            }
        } else if after.reason != condition::reason::PROGRESSING {
            self.publish(
                about,
                Gravity::Warning,
                &after.reason,
                "Reconcile",
                &after.message,
            )
            .await;
        }
    }

    /// One Event if `RemoteCurrent` changed, unless that is the first success, or Ready's own Event tells it.
    pub async fn publish_remote(&self, about: &ObjectReference, old: &[Condition], new: &[Condition]) {
        let Some((before, after)) = transition(condition::REMOTE_CURRENT, old, new) else {
            return;
        };
        let is_ready = condition::is_true(new, condition::READY);
        let was_ready = condition::is_true(old, condition::READY);
        let (gravity, note) = match after.status.as_str() {
            "False" if is_ready => (Gravity::Warning, after.message.as_str()),
            "True" if was_ready && before.is_some_and(|before| before.status == "False") => {
                (Gravity::Normal, "every remote value is the newest there again")
            }
            _ => return,
        };
        self.publish(about, gravity, &after.reason, "Copy", note).await;
    }

    fn event(
        &self,
        about: &ObjectReference,
        gravity: Gravity,
        reason: &str,
        action: &str,
        note: &str,
    ) -> Event {
        let now = self.clock.now();
        let name = format!(
            "{}.{:x}",
            about.name.as_deref().unwrap_or("object"),
            now.as_nanosecond()
        );
        Event {
            metadata: ObjectMeta {
                name: Some(name),
                namespace: about.namespace.clone(),
                ..ObjectMeta::default()
            },
            event_time: Some(MicroTime(now)),
            type_: Some(format!("{gravity:?}")),
            reason: Some(reason.to_owned()),
            action: Some(action.to_owned()),
            note: Some(shortened(note, LONGEST_NOTE)),
            regarding: Some(about.clone()),
            reporting_controller: Some(CONTROLLER.to_owned()),
            reporting_instance: Some(self.instance.clone()),
            ..Event::default()
        }
    }
}

/// Whether the namespace is being deleted, or gone: it takes no new objects.
fn is_ending(error: &kube::Error) -> bool {
    let kube::Error::Api(status) = error else {
        return false;
    };
    let causes = status.details.iter().flat_map(|details| &details.causes);
    status.code == 404
        || causes
            .into_iter()
            .any(|cause| cause.reason == "NamespaceTerminating")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(json: serde_json::Value) -> kube::Error {
        kube::Error::Api(Box::new(serde_json::from_value(json).unwrap()))
    }

    #[test]
    fn a_namespace_that_ends_is_told_from_a_missing_right() {
        let ending = serde_json::json!({"status": "Failure", "code": 403, "reason": "Forbidden", "message": "m",
            "details": {"causes": [{"reason": "NamespaceTerminating", "message": "m", "field": "metadata.namespace"}]}});
        let gone =
            serde_json::json!({"status": "Failure", "code": 404, "reason": "NotFound", "message": "m"});
        let forbidden =
            serde_json::json!({"status": "Failure", "code": 403, "reason": "Forbidden", "message": "m"});
        assert!(is_ending(&refused(ending)) && is_ending(&refused(gone)));
        assert!(!is_ending(&refused(forbidden)));
    }
}
