//! Reading one's own writes: a reconciler decides on cached objects, and the cache may not have seen what
//! this operator wrote a moment ago. Until it has, the object waits.

use std::collections::HashMap;

use kube::api::ObjectMeta;
use parking_lot::Mutex;

/// The newest resource version that we wrote of each object, by uid, for as long as there is the object. It is kept
/// after the cache has caught up: who was handed an older copy before that must still learn that it is one.
#[derive(Debug, Default)]
pub struct Fresh(Mutex<HashMap<String, u64>>);

impl Fresh {
    /// An answer to a write of ours.
    pub fn wrote(&self, meta: &ObjectMeta) {
        if let (Some(uid), Some(version)) = (&meta.uid, version(meta)) {
            // Answers may be handled in another order than the writes were made.
            let mut written = self.0.lock();
            let newest = written.entry(uid.clone()).or_default();
            *newest = version.max(*newest);
        }
    }

    /// Whether a cached object is at least as new as our last write of it.
    pub fn has_seen(&self, meta: &ObjectMeta) -> bool {
        let Some(uid) = &meta.uid else { return true };
        let written = self.0.lock();
        let Some(last) = written.get(uid) else { return true };
        // A version that is no number says nothing of its age.
        version(meta).is_none_or(|cached| cached >= *last)
    }

    /// The object is gone.
    pub fn forget(&self, uid: &str) {
        self.0.lock().remove(uid);
    }
}

/// Resource versions of one resource are comparable numbers (KEP-5504).
fn version(meta: &ObjectMeta) -> Option<u64> {
    meta.resource_version.as_ref()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(version: &str) -> ObjectMeta {
        let (uid, resource_version) = (Some("u".to_owned()), Some(version.to_owned()));
        ObjectMeta {
            uid,
            resource_version,
            ..ObjectMeta::default()
        }
    }

    #[test]
    fn an_object_older_than_our_write_is_not_fresh() {
        let fresh = Fresh::default();
        assert!(fresh.has_seen(&at("5")));
        fresh.wrote(&at("9"));
        assert!(!fresh.has_seen(&at("5")));
        assert!(fresh.has_seen(&at("10")));
        assert!(
            !fresh.has_seen(&at("5")),
            "an older copy stays old, whoever has seen a newer one"
        );
        fresh.forget("u");
        assert!(fresh.has_seen(&at("5")), "of what is gone nothing is remembered");
    }

    #[test]
    fn a_late_answer_to_an_earlier_write_takes_nothing_back() {
        let fresh = Fresh::default();
        fresh.wrote(&at("9"));
        fresh.wrote(&at("7"));
        assert!(!fresh.has_seen(&at("8")));
    }

    #[test]
    fn a_version_that_is_no_number_never_blocks() {
        let fresh = Fresh::default();
        fresh.wrote(&at("9"));
        assert!(fresh.has_seen(&at("abc")));
    }
}
