//! What the program can be told to do.

mod down;
mod small;
mod up;

use std::fs::{self, File};

use anyhow::{Context, Result, ensure};

pub use down::down;
pub use small::{image, kubeconfig, load, logs, status, tools_build, tools_list};
pub use up::up;

use crate::name::Layout;

/// Only root can make namespaces and control groups. One run at a time changes a node.
fn claim(layout: &Layout) -> Result<File> {
    ensure!(
        rustix::process::geteuid().is_root(),
        "only root can start and stop a node"
    );
    let path = layout.lock();
    let locked = || -> std::io::Result<File> {
        fs::create_dir_all(Layout::ROOT)?;
        let file = File::create(&path)?;
        file.lock()?;
        Ok(file)
    };
    locked().with_context(|| format!("cannot lock {}", path.display()))
}
