//! The cluster, through kubectl: with whatever rights and login its user has, and without a client of our own.

use std::{
    ffi::{OsStr, OsString},
    fmt,
    path::Path,
    process::Command,
};

use serde_json::Value;

/// How long the API server may take for one answer.
const PATIENCE: &str = "--request-timeout=30s";

/// kubectl, with the flags that say which cluster.
#[derive(Debug, Default)]
pub struct Kubectl {
    flags: Vec<OsString>,
}

/// Why kubectl did not print what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// There is no such object.
    NotFound(String),
    /// The user may not read it.
    Forbidden(String),
    /// Nobody answers.
    Unreachable(String),
    /// Anything else.
    Other(String),
}

impl Kubectl {
    /// On the cluster of this context of this kubeconfig; without, on the one that kubectl takes by itself.
    pub fn new(context: Option<&str>, kubeconfig: Option<&Path>) -> Self {
        let mut flags: Vec<OsString> = Vec::new();
        for (flag, value) in [
            ("--context", context.map(OsStr::new)),
            ("--kubeconfig", kubeconfig.map(Path::as_os_str)),
        ] {
            flags.extend(
                value
                    .into_iter()
                    .flat_map(|value| [flag.into(), value.to_owned()]),
            );
        }
        Self { flags }
    }

    /// `kubectl get …`, as JSON.
    pub fn get(&self, what: &[&str]) -> Result<Value, Refused> {
        let text = self.run(&[&["get", "--output=json", PATIENCE], what].concat())?;
        serde_json::from_str(&text)
            .map_err(|error| Refused::Other(format!("kubectl get {}: {error}", what.join(" "))))
    }

    /// The namespace that it takes where none is named.
    pub fn namespace(&self) -> Result<String, Refused> {
        let path = "--output=jsonpath={..namespace}";
        let text = self.run(&["config", "view", "--minify", path])?;
        let first = text.split_whitespace().next().unwrap_or("default");
        Ok(first.to_owned())
    }

    fn run(&self, words: &[&str]) -> Result<String, Refused> {
        let asked = Command::new("kubectl").args(words).args(&self.flags).output();
        let asked = asked.map_err(|error| Refused::Other(format!("kubectl cannot be run: {error}")))?;
        if asked.status.success() {
            return Ok(String::from_utf8_lossy(&asked.stdout).into_owned());
        }
        Err(Refused::of(&String::from_utf8_lossy(&asked.stderr)))
    }
}

impl Refused {
    /// From what kubectl prints.
    fn of(said: &str) -> Self {
        let last = said.lines().rev().find(|line| !line.trim().is_empty());
        let line = last.unwrap_or("it says nothing").trim().to_owned();
        let nobody = [
            "Unable to connect to the server",
            "The connection to the server",
            "connection refused",
        ];
        if line.contains("(NotFound)") {
            Self::NotFound(line)
        } else if line.contains("(Forbidden)") || line.contains("(Unauthorized)") {
            Self::Forbidden(line)
        } else if nobody.iter().any(|words| line.contains(words)) {
            Self::Unreachable(line)
        } else {
            Self::Other(line)
        }
    }

    /// As listed in `coffer explain --help`.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Other(_) => 2,
            Self::NotFound(_) => 3,
            Self::Forbidden(_) => 4,
            Self::Unreachable(_) => 5,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::NotFound(line) | Self::Forbidden(line) | Self::Unreachable(line) | Self::Other(line)) =
            self;
        write!(f, "kubectl: {line}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kubectl_says_is_told_apart() {
        for (said, code) in [
            ("Error from server (NotFound): pods \"web\" not found\n", 3),
            (
                "Error from server (Forbidden): vaults.coffer.dev is forbidden: User \"x\" cannot list",
                4,
            ),
            (
                "E1122 memcache.go:265] x\nThe connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?\n",
                5,
            ),
            ("Unable to connect to the server: dial tcp: i/o timeout", 5),
            ("error: the server doesn't have a resource type \"vaults\"", 2),
            ("", 2),
        ] {
            assert_eq!(Refused::of(said).exit_code(), code, "{said}");
        }
    }

    #[test]
    fn the_flags_say_which_cluster() {
        assert_eq!(Kubectl::default().flags, Vec::<OsString>::new());
        let both = Kubectl::new(Some("dev"), Some(Path::new("/c")));
        assert_eq!(both.flags, ["--context", "dev", "--kubeconfig", "/c"]);
    }
}
