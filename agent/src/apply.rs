//! Carries a plan out: the only place where values reach a file.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use coffer_wire::{Delivery, SecretValue};
use thiserror::Error;

use crate::exec::{ENVIRONMENT, WRAPPER};
use crate::place::{AtomicDir, Dir, EntryName, NewFile};
use crate::plan::{Plan, PlannedFile, Variables};
use crate::settings::Settings;

/// Only kubelet (root) reads env files, on the host.
const ENV_FILE_MODE: u32 = 0o400;
/// The application may run as any user; only its containers mount the volume.
const ENVIRONMENT_MODE: u32 = 0o444;
const WRAPPER_MODE: u32 = 0o555;

/// A volume could not be written.
#[derive(Debug, Error)]
#[error("cannot write to {path}: {source}")]
pub struct ApplyError {
    /// Its directory.
    pub path: PathBuf,
    /// Why not.
    pub source: io::Error,
}

/// For the exec delivery, puts this very program where the application's containers find it.
pub fn install_wrapper(settings: &Settings) -> Result<(), ApplyError> {
    if settings.delivery != Delivery::Exec {
        return Ok(());
    }
    at(&settings.variables_dir, |path| {
        let mut this = File::open("/proc/self/exe")?;
        Dir::open(path)?.replace(&entry(WRAPPER)?, WRAPPER_MODE, &mut this)
    })
}

/// Puts everything in place. Files come last: an application that watches them finds its variables, should
/// it restart, at least as new.
pub fn apply(settings: &Settings, plan: &Plan) -> Result<(), ApplyError> {
    at(&settings.variables_dir, |path| {
        put_variables(path, &plan.variables)
    })?;
    plan.directories
        .iter()
        .try_for_each(|(path, files)| at(path, |path| put_files(path, files)))
}

fn at(path: &Path, write: impl FnOnce(&Path) -> io::Result<()>) -> Result<(), ApplyError> {
    write(path).map_err(|source| ApplyError {
        path: path.to_owned(),
        source,
    })
}

fn put_variables(path: &Path, variables: &Variables) -> io::Result<()> {
    match variables {
        // No variables: the pod may well have no such volume.
        Variables::EnvFiles(files) if files.is_empty() => Ok(()),
        Variables::EnvFiles(files) => {
            let dir = Dir::open(path)?;
            files
                .iter()
                .try_for_each(|(name, content)| put(&dir, name, ENV_FILE_MODE, content))
        }
        Variables::Environment(content) => {
            put(&Dir::open(path)?, &entry(ENVIRONMENT)?, ENVIRONMENT_MODE, content)
        }
    }
}

/// Replaces one file, unless it is as it should be.
fn put(dir: &Dir, name: &EntryName, mode: u32, content: &SecretValue) -> io::Result<()> {
    let current = dir.read(name)?;
    if current.is_some_and(|(m, bytes)| m == mode && bytes.as_slice() == content.reveal()) {
        return Ok(());
    }
    dir.replace(name, mode, &mut content.reveal())
}

fn put_files(path: &Path, files: &[PlannedFile]) -> io::Result<()> {
    let files: Vec<NewFile<'_>> = files
        .iter()
        .map(|f| NewFile {
            name: &f.name,
            mode: f.mode,
            content: f.content.reveal(),
        })
        .collect();
    AtomicDir::open(path)?.put(&files).map(drop)
}

fn entry(name: &str) -> io::Result<EntryName> {
    EntryName::parse(name).map_err(io::Error::other)
}
