//! Tools built from Go modules with pinned versions, cached outside the tree.

mod build;
mod cache;
mod catalog;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

pub use cache::Cache;
pub use catalog::{GROUPS, Group, find};

/// Builds a group unless the cache has it. Returns the folder of its programs.
pub fn ensure(cache: &Cache, group: &Group) -> Result<PathBuf> {
    build::ensure(cache, group).with_context(|| format!("cannot build {}", group.name))
}

/// Where a tool is, without building it: a program by its name, or a group's folder by its own.
pub fn locate(cache: &Cache, tool: &str) -> Result<PathBuf> {
    let (group, program) = find(tool).with_context(|| format!("no tool is called {tool:?}"))?;
    let folder = cache.programs(group);
    let path = program.map_or_else(|| folder.clone(), |program| folder.join(program));
    anyhow::ensure!(
        path.exists(),
        "{tool} is not built; `coffer-node tools build {}` builds it",
        group.name
    );
    Ok(path)
}

/// A short id of everything a group is built from.
pub fn build_id(group: &Group) -> String {
    group.digest()[..12].to_owned()
}

fn is_built(folder: &Path) -> bool {
    folder.is_dir()
}
