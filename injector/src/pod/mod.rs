//! What an injected pod carries beside its author's work: one file per part of the pod.

pub mod agent;
pub mod bundle;
pub mod choice;
pub mod exec;
pub mod files;
pub mod marker;
pub mod quantity;
pub mod referred;
pub mod refusal;
pub mod resources;
pub mod signal;
pub mod token;
pub mod variables;
pub mod volumes;

use crate::{
    annotation::path::nested,
    view::{Container, Place},
};

/// A container that was chosen, with its place in the pod.
#[derive(Debug, Clone, Copy)]
pub struct Chosen<'p> {
    /// Where it stands.
    pub place: Place,
    /// What the author wrote.
    pub container: &'p Container<'p>,
}

impl Chosen<'_> {
    /// The container's name.
    pub fn name(&self) -> &str {
        self.container.name.as_str()
    }

    /// Where the container mounts a volume at, above or beneath `directory`. A mount of ours there would
    /// hide the author's, or find no place in a volume that is read-only.
    pub fn mount_in_the_way(&self, directory: &str) -> Option<&str> {
        let mut paths = self
            .container
            .volume_mounts
            .iter()
            .flatten()
            .map(|mount| mount.mount_path.as_str());
        paths.find(|path| nested(path.trim_end_matches('/'), directory))
    }
}
