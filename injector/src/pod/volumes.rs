//! Our volumes: memory only, bounded, and where each is mounted. What is in them counts as the agent's memory, so a
//! volume is no larger than what it may come to hold, and the agent's limit follows the volumes ([`super::resources`]).

use std::{fmt, iter::Sum, str::FromStr};

use k8s_openapi::{
    api::core::v1::{EmptyDirVolumeSource, Volume, VolumeMount},
    apimachinery::pkg::api::resource::Quantity as Written,
};

use super::quantity::Quantity;

/// The most that one value takes, in KiB: 64 KiB and what is written around it, twice while it is exchanged.
const VALUE: u64 = 2 * (64 + 4);
/// The most that one rendered template takes, in KiB, twice likewise.
const TEMPLATE: u64 = 2 * 1024;

/// A size in MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mebibytes(pub u64);

impl Mebibytes {
    /// The state's: markers, certificates.
    pub const STATE: Self = Self(1);
    /// What the wrapper adds, twice while it is exchanged.
    pub const WRAPPER: Self = Self(8);

    /// Room for so many values and rendered templates.
    pub fn holding(values: usize, templates: usize) -> Self {
        let kibibytes = VALUE.saturating_mul(values as u64) + TEMPLATE.saturating_mul(templates as u64);
        Self(kibibytes.div_ceil(1024))
    }
}

impl Sum for Mebibytes {
    fn sum<I: Iterator<Item = Self>>(sizes: I) -> Self {
        Self(sizes.map(|size| size.0).sum())
    }
}

impl fmt::Display for Mebibytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}Mi", self.0)
    }
}

impl FromStr for Mebibytes {
    type Err = &'static str;

    /// Reads a quantity of Kubernetes', and rounds it up.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = Quantity::parse(text).and_then(Quantity::whole);
        let size = bytes.map(|bytes| bytes.div_ceil(1024 * 1024));
        size.filter(|&size| size > 0)
            .map(Self)
            .ok_or("must be a size, such as 36Mi")
    }
}

/// The agent's own state; only it mounts this.
pub const STATE: &str = "coffer-state";
/// Env files for kubelet; only the agent mounts this.
pub const ENV: &str = "coffer-env";
/// The wrapper and its environment.
pub const EXEC: &str = "coffer-exec";
/// The projected service-account token; only the agent mounts this.
pub const TOKEN: &str = "coffer-token";
/// The last-known-good bundle; only the agent mounts this.
pub const BUNDLE: &str = "coffer-bundle";
/// Starts the names of the volumes of files.
const FILES: &str = "coffer-files-";

/// The name of the volume of the `i`th directory of files.
pub fn files(i: usize) -> String {
    format!("{FILES}{i}")
}

/// Whether a volume's name is ours to use.
pub fn is_reserved(name: &str) -> bool {
    [STATE, ENV, EXEC, TOKEN, BUNDLE].contains(&name) || name.starts_with(FILES)
}

/// A volume in memory, at most `size` large.
pub fn memory(name: &str, size: Mebibytes) -> Volume {
    Volume {
        name: name.to_owned(),
        empty_dir: Some(EmptyDirVolumeSource {
            medium: Some("Memory".to_owned()),
            size_limit: Some(Written(size.to_string())),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_rounded_up() {
        for (text, size) in [("36Mi", 36), ("1Gi", 1024), ("1Ki", 1), ("1500Ki", 2), ("2M", 2)] {
            assert_eq!(text.parse(), Ok(Mebibytes(size)), "{text}");
        }
        for text in ["", "0", "-1Mi", "36 Mi", "much"] {
            assert!(text.parse::<Mebibytes>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_volume_holds_the_largest_values_twice() {
        assert_eq!(Mebibytes::holding(1, 0), Mebibytes(1));
        assert!(Mebibytes::holding(256, 0).0 >= 32);
        assert_eq!(Mebibytes::holding(0, 3), Mebibytes(6));
    }
}
