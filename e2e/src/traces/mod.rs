//! Where canaries turn up: in what the cluster shows to those who ask, and on the disk of a node of ours.

mod disk;
mod etcd;
mod shown;

use std::collections::{BTreeMap, BTreeSet};

use crate::Canary;

pub use disk::NodeDisk;
pub use shown::{Shown, shown};

/// A place, in words: `etcd /registry/…`, `volume coffer-env`, `the container runtime`, a path.
pub type Places = BTreeMap<&'static str, BTreeSet<String>>;

/// Which canary each form belongs to.
pub(crate) fn forms(canaries: &[Canary]) -> Vec<(String, &'static str)> {
    let each = canaries
        .iter()
        .map(|canary| canary.forms().into_iter().map(|form| (form, canary.flow)));
    each.flatten().collect()
}
