//! Where built tools are kept: `<cache>/tools/<group>-<id>/bin/<program>`.

use std::fs::{self, File};
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::{Group, build_id};

/// The folder that outlives every checkout of the repository.
#[derive(Clone, Debug)]
pub struct Cache(PathBuf);

impl Cache {
    /// The given folder; else `coffer` below the user's cache folder, which is below home by default.
    pub fn new(given: Option<PathBuf>, user_cache: Option<PathBuf>, home: Option<PathBuf>) -> Result<Self> {
        let usual = || {
            user_cache
                .or_else(|| Some(home?.join(".cache")))
                .map(|folder| folder.join("coffer"))
        };
        let folder = given
            .or_else(usual)
            .context("there is no home folder: give a cache folder (COFFER_CACHE)")?;
        Ok(Self(std::path::absolute(folder)?))
    }

    /// The same as the program finds it, for a program that has no command line of its own.
    pub fn of_the_environment() -> Result<Self> {
        let named = |name: &str| std::env::var_os(name).map(PathBuf::from);
        Self::new(
            named("COFFER_CACHE"),
            named("XDG_CACHE_HOME"),
            std::env::home_dir(),
        )
    }

    /// A group's folder, for the build that its files call for today.
    pub fn folder(&self, group: &Group) -> PathBuf {
        self.tools().join(format!("{}-{}", group.name, build_id(group)))
    }

    /// Where a group's programs are.
    pub fn programs(&self, group: &Group) -> PathBuf {
        self.folder(group).join("bin")
    }

    /// A folder to build in; beside the final one, so that it can be renamed to it.
    pub fn unfinished(&self, group: &Group) -> PathBuf {
        self.tools().join(format!(".{}.unfinished", group.name))
    }

    /// Waits until nobody else builds this group. Given back when the file is dropped.
    pub fn lock(&self, group: &Group) -> Result<File> {
        let path = self.tools().join(format!(".{}.lock", group.name));
        let locked = || -> std::io::Result<File> {
            fs::create_dir_all(self.tools())?;
            let file = File::create(&path)?;
            file.lock()?;
            Ok(file)
        };
        locked().with_context(|| format!("cannot lock {}", path.display()))
    }

    fn tools(&self) -> PathBuf {
        self.0.join("tools")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_setting_wins() {
        let path = |text: &str| Some(PathBuf::from(text));
        let folder = |given, user, home| Cache::new(given, user, home).unwrap().0;
        assert_eq!(folder(path("/a"), path("/b"), path("/c")), PathBuf::from("/a"));
        assert_eq!(folder(None, path("/b"), path("/c")), PathBuf::from("/b/coffer"));
        assert_eq!(folder(None, None, path("/c")), PathBuf::from("/c/.cache/coffer"));
        assert!(Cache::new(None, None, None).is_err());
    }
}
