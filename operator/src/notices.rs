//! Why a pod was refused what it wants, as an Event on the pod: once for each distinct message.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use coffer_domain::principal::Workload;
use k8s_openapi::api::core::v1::ObjectReference;
use parking_lot::Mutex;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::events::{Events, Gravity};

/// Messages that wait to be written; more are dropped, for the agent says the same.
const WAITING: usize = 256;
/// Messages remembered as told; when there are more, some may be told again.
const REMEMBERED: usize = 8192;

/// Takes refusals.
pub struct Notices {
    sender: Sender<(Workload, String)>,
    told: Mutex<HashSet<u64>>,
}

impl Notices {
    /// And where they come out.
    pub fn new() -> (Self, Receiver<(Workload, String)>) {
        let (sender, receiver) = channel(WAITING);
        (
            Self {
                sender,
                told: Mutex::default(),
            },
            receiver,
        )
    }

    /// Tells of a refusal, unless this was told already.
    pub fn refused(&self, workload: &Workload, message: &str) {
        let mut hasher = DefaultHasher::new();
        (&workload.pod_uid, message).hash(&mut hasher);
        let mut told = self.told.lock();
        if told.len() >= REMEMBERED {
            told.clear();
        }
        let digest = hasher.finish();
        if told.insert(digest)
            && self
                .sender
                .try_send((workload.clone(), message.to_owned()))
                .is_err()
        {
            told.remove(&digest);
        }
    }
}

/// Writes Events for what comes out, for as long as it is polled.
pub async fn publish(events: Events, mut refusals: Receiver<(Workload, String)>) {
    while let Some((workload, message)) = refusals.recv().await {
        let pod = ObjectReference {
            api_version: Some("v1".to_owned()),
            kind: Some("Pod".to_owned()),
            namespace: Some(workload.namespace),
            name: Some(workload.pod),
            uid: Some(workload.pod_uid),
            ..ObjectReference::default()
        };
        events
            .publish(&pod, Gravity::Warning, "SecretsRefused", "Deliver", &message)
            .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_message_is_told_once_per_pod() {
        let (notices, mut out) = Notices::new();
        let pod = |uid: &str| Workload {
            namespace: "team".into(),
            service_account: "web".into(),
            pod: "web-1".into(),
            pod_uid: uid.into(),
        };
        for uid in ["u1", "u1", "u2"] {
            notices.refused(&pod(uid), "secret API_KEY does not exist");
        }
        notices.refused(&pod("u1"), "another reason");
        let told = std::iter::from_fn(|| out.try_recv().ok()).count();
        assert_eq!(told, 3);
    }
}
