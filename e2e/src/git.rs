//! A Git repository in a folder of its own: what a GitOps tool applies.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::{APP_IMAGE, Namespace};

const QUICKSTART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/quickstart");

/// A repository with one branch.
pub struct Repository(TempDir);

impl Repository {
    /// Holds `examples/quickstart`, moved to `namespace`, which is there already.
    pub fn of_the_quickstart(namespace: &Namespace) -> Result<Self> {
        let repository = Self(tempfile::tempdir()?);
        for file in fs::read_dir(QUICKSTART)? {
            let path = file?.path();
            let name = path.file_name().context("a file")?.to_owned();
            if path.extension().is_none_or(|extension| extension != "yaml") || name == "00-namespace.yaml" {
                continue;
            }
            let text = fs::read_to_string(&path)?
                .replace("namespace: quickstart", &format!("namespace: {}", namespace.name))
                .replace("localhost/coffer-testapp:dev", APP_IMAGE)
                .replace("imagePullPolicy: Never", "imagePullPolicy: IfNotPresent");
            fs::write(repository.path().join(name), text)?;
        }
        repository.git(&["init", "--quiet"])?;
        repository.commit("The quickstart")?;
        Ok(repository)
    }

    /// The working tree.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Replaces a text that must be there in the file called `name`.
    pub fn edit(&self, name: &str, old: &str, new: &str) -> Result<()> {
        let path: PathBuf = self.path().join(name);
        let text = fs::read_to_string(&path)?;
        ensure!(text.contains(old), "{name} does not say {old:?}");
        Ok(fs::write(&path, text.replace(old, new))?)
    }

    /// Commits all there is. Returns the commit.
    pub fn commit(&self, message: &str) -> Result<String> {
        self.git(&["add", "--all"])?;
        self.git(&["commit", "--quiet", "--message", message])?;
        self.head()
    }

    /// The last commit.
    pub fn head(&self) -> Result<String> {
        self.git(&["rev-parse", "HEAD"])
    }

    fn git(&self, arguments: &[&str]) -> Result<String> {
        let output = Command::new("git")
            .current_dir(self.path())
            // None of the user's settings.
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .args(["-c", "user.name=e2e", "-c", "user.email=e2e@localhost"])
            .args(arguments)
            .output()
            .context("git")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "git {arguments:?}: {said}");
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }
}
