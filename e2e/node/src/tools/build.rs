//! Builds a group with the Go compiler: in a folder beside the cache's own, renamed when complete.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{Cache, Group, catalog, is_built};
use crate::run::{output_of, succeeds};
use crate::step::step;

/// Where Go is installed when it is not on the path.
const USUAL_GO: &str = "/usr/local/go/bin/go";

pub fn ensure(cache: &Cache, group: &Group) -> Result<PathBuf> {
    let programs = cache.programs(group);
    if is_built(&programs) {
        return Ok(programs);
    }
    let _lock = cache.lock(group)?;
    // Somebody else may have built it while we waited.
    if !is_built(&programs) {
        build(cache, group)?;
    }
    Ok(programs)
}

fn build(cache: &Cache, group: &Group) -> Result<()> {
    let folder = cache.unfinished(group);
    let _ = fs::remove_dir_all(&folder);
    let source = folder.join("source");
    write_source(&source, group)?;
    fs::create_dir_all(folder.join("bin"))?;
    let go = go()?;
    for (program, package) in group.programs {
        let output = folder.join("bin").join(program);
        step(&format!("build {program}"), || {
            compile(go, &source, group, &output, package).map(|()| group.name)
        })?;
    }
    fs::rename(&folder, cache.folder(group)).context("cannot put the built tools in their place")
}

fn write_source(folder: &Path, group: &Group) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for (name, content) in group.files {
        fs::write(folder.join(name), content)?;
    }
    Ok(())
}

fn go() -> Result<&'static str> {
    let found = ["go", USUAL_GO].into_iter().find(|go| succeeds(go, ["version"]));
    ensure!(
        found.is_some(),
        "the Go compiler is needed (https://go.dev), neither on the path nor at {USUAL_GO}"
    );
    Ok(found.unwrap_or_default())
}

fn compile(go: &str, source: &Path, group: &Group, output: &Path, package: &str) -> Result<()> {
    let mut command = Command::new(go);
    command.current_dir(source).envs(catalog::ENVIRONMENT);
    command.envs(group.settings.iter().copied());
    command.args([
        "build",
        "-trimpath",
        "-buildvcs=false",
        "-ldflags",
        &group.ldflags(),
        "-o",
    ]);
    output_of(command.arg(output).arg(package)).map(drop)
}
