//! The node's control group: everything its pods run is in it, in every hierarchy (cgroup v1) or in
//! the one there is (v2).

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

use crate::name::NodeName;

const ROOT: &str = "/sys/fs/cgroup";

/// The group's name, directly below the root of every hierarchy.
pub fn name(node: &NodeName) -> String {
    format!("coffer-node-{}", node.as_str())
}

/// Makes the group; the kubelet expects its root to be there.
pub fn ensure(node: &NodeName) -> Result<()> {
    let unified = unified();
    for hierarchy in hierarchies(unified) {
        let group = hierarchy.join(name(node));
        fs::create_dir_all(&group).with_context(|| format!("cannot make {}", group.display()))?;
    }
    if unified {
        delegate(node)
    } else {
        inherit_cpuset(node)
    }
}

/// Ends every process in the group and removes it.
pub fn remove(node: &NodeName) -> Result<()> {
    for hierarchy in hierarchies(unified()) {
        let group = hierarchy.join(name(node));
        if group.exists() {
            remove_group(&group).with_context(|| format!("cannot remove {}", group.display()))?;
        }
    }
    Ok(())
}

fn unified() -> bool {
    Path::new(ROOT).join("cgroup.controllers").exists()
}

fn hierarchies(unified: bool) -> Vec<PathBuf> {
    if unified {
        return vec![PathBuf::from(ROOT)];
    }
    let folders = fs::read_dir(ROOT)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    // Each real one has the file; `cpu` beside `cpu,cpuacct` is a link to the same.
    folders
        .filter(|path| path.join("cgroup.procs").exists() && !path.is_symlink())
        .collect()
}

/// Version 2: a controller reaches a group only if every group above it passes it on.
fn delegate(node: &NodeName) -> Result<()> {
    let available = fs::read_to_string(Path::new(ROOT).join("cgroup.controllers"))?;
    let wanted: Vec<String> = available
        .split_whitespace()
        .map(|controller| format!("+{controller}"))
        .collect();
    for folder in [PathBuf::from(ROOT), Path::new(ROOT).join(name(node))] {
        let path = folder.join("cgroup.subtree_control");
        fs::write(&path, wanted.join(" ")).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Version 1: a new cpuset is empty, and nothing can run in an empty one.
fn inherit_cpuset(node: &NodeName) -> Result<()> {
    let above = Path::new(ROOT).join("cpuset");
    for file in ["cpuset.cpus", "cpuset.mems"] {
        let Ok(value) = fs::read_to_string(above.join(file)) else {
            continue;
        };
        let path = above.join(name(node)).join(file);
        fs::write(&path, value.trim()).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Depth first, since a group with groups in it stays. Processes end a moment after they are told to.
fn remove_group(group: &Path) -> Result<()> {
    for entry in fs::read_dir(group)?.flatten() {
        if entry.file_type()?.is_dir() {
            remove_group(&entry.path())?;
        }
    }
    for _ in 0..200 {
        for pid in processes(group) {
            let _ = kill_process(pid, Signal::KILL);
        }
        match fs::remove_dir(group) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(_) => std::thread::sleep(std::time::Duration::from_millis(25)),
        }
    }
    fs::remove_dir(group).map_err(Into::into)
}

fn processes(group: &Path) -> Vec<Pid> {
    let listed = fs::read_to_string(group.join("cgroup.procs")).unwrap_or_default();
    listed
        .lines()
        .filter_map(|line| Pid::from_raw(line.parse().ok()?))
        .collect()
}
