//! Reading one's own writes: a reconciler decides on cached objects, and the cache may not have seen what
//! this operator wrote a moment ago. Until it has, the object waits.

use std::collections::HashMap;

use kube::api::ObjectMeta;
use parking_lot::Mutex;

/// The newest resource version that we wrote of each object the cache is behind on, by uid.
#[derive(Debug, Default)]
pub struct Fresh(Mutex<HashMap<String, u64>>);

impl Fresh {
    /// An answer to a write of ours.
    pub fn wrote(&self, meta: &ObjectMeta) {
        if let (Some(uid), Some(version)) = (&meta.uid, version(meta)) {
            self.0.lock().insert(uid.clone(), version);
        }
    }

    /// Whether a cached object is at least as new as our last write of it.
    pub fn has_seen(&self, meta: &ObjectMeta) -> bool {
        let Some(uid) = &meta.uid else { return true };
        let mut written = self.0.lock();
        let Some(last) = written.get(uid) else { return true };
        // A version that is no number says nothing of its age.
        let seen = version(meta).is_none_or(|cached| cached >= *last);
        if seen {
            written.remove(uid);
        }
        seen
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
        assert!(fresh.has_seen(&at("5")), "once seen, nothing is remembered");
    }

    #[test]
    fn a_version_that_is_no_number_never_blocks() {
        let fresh = Fresh::default();
        fresh.wrote(&at("9"));
        assert!(fresh.has_seen(&at("abc")));
    }
}
