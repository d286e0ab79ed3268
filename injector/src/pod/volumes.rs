//! Our volumes: memory only, bounded, and where each is mounted.

use k8s_openapi::{
    api::core::v1::{EmptyDirVolumeSource, Volume, VolumeMount},
    apimachinery::pkg::api::resource::Quantity,
};

/// The agent's own state; only it mounts this.
pub const STATE: &str = "coffer-state";
/// Env files for kubelet; only the agent mounts this.
pub const ENV: &str = "coffer-env";
/// The wrapper and its environment.
pub const EXEC: &str = "coffer-exec";
/// The projected service-account token; only the agent mounts this.
pub const TOKEN: &str = "coffer-token";
/// Starts the names of the volumes of files.
const FILES: &str = "coffer-files-";

/// The name of the volume of the `i`th directory of files.
pub fn files(i: usize) -> String {
    format!("{FILES}{i}")
}

/// Whether a volume's name is ours to use.
pub fn is_reserved(name: &str) -> bool {
    [STATE, ENV, EXEC, TOKEN].contains(&name) || name.starts_with(FILES)
}

/// A volume in memory, at most `size` large.
pub fn memory(name: &str, size: &str) -> Volume {
    Volume {
        name: name.to_owned(),
        empty_dir: Some(EmptyDirVolumeSource {
            medium: Some("Memory".to_owned()),
            size_limit: Some(Quantity(size.to_owned())),
        }),
        ..Volume::default()
    }
}

/// A mount that can be written through: the agent's.
pub fn writable(volume: &str, path: &str) -> VolumeMount {
    VolumeMount {
        name: volume.to_owned(),
        mount_path: path.to_owned(),
        ..VolumeMount::default()
    }
}

/// A mount that can only be read through: the application's.
pub fn read_only(volume: &str, path: &str) -> VolumeMount {
    VolumeMount {
        read_only: Some(true),
        ..writable(volume, path)
    }
}
