//! The wrapper: adds the variables to its own environment and becomes the given command.
//!
//! A variable that the container has already, from its image or the pod's specification, stays as it is: what
//! is written there outright is the nearer word.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use thiserror::Error;
use zeroize::Zeroizing;

use crate::harden;

/// Name of the file with the variables.
pub const ENVIRONMENT: &str = "environment";
/// Name of the wrapper beside it.
pub const WRAPPER: &str = "coffer-agent";

/// Why the command did not start.
#[derive(Debug, Error)]
pub enum ExecError {
    /// No command was given.
    #[error("no command: the arguments are [--dir DIR] -- COMMAND [ARGUMENT…]")]
    Usage,
    /// The wrapper does not know where it is.
    #[error("cannot tell where this program is: {0}; give --dir DIR")]
    Place(io::Error),
    /// The variables are not there.
    #[error(
        "cannot read the variables from {path}: {source}; the coffer-agent sidecar writes them, and its volume must be mounted here"
    )]
    Environment {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is not what the sidecar writes.
    #[error("{0} is not a list of variables")]
    Malformed(PathBuf),
    /// The command itself.
    #[error("cannot run {}: {source}", command.display())]
    Command {
        /// As it was given.
        command: OsString,
        /// Why not.
        source: io::Error,
    },
}

impl ExecError {
    /// As `env`, `nohup` and shells have it: 127, no such command; 126, it cannot be run; 125, the wrapper
    /// itself failed.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Command { source, .. } if source.kind() == io::ErrorKind::NotFound => 127,
            Self::Command { .. } => 126,
            _ => 125,
        }
        .into()
    }
}

/// Becomes the command in `arguments`; returns only if it cannot.
pub fn exec(arguments: &[OsString]) -> ExecError {
    harden::not_dumpable();
    match prepare(arguments) {
        // The standard library looks commands up in the new PATH, as execvp does.
        Ok(mut command) => ExecError::Command {
            command: command.get_program().to_owned(),
            source: command.exec(),
        },
        Err(error) => error,
    }
}

fn prepare(arguments: &[OsString]) -> Result<Command, ExecError> {
    let (dir, command) = parse(arguments)?;
    let (program, arguments) = command.split_first().ok_or(ExecError::Usage)?;
    let path = dir.map_or_else(own_dir, Ok)?.join(ENVIRONMENT);
    let bytes = read(&path).map_err(|source| ExecError::Environment {
        path: path.clone(),
        source,
    })?;
    let mut command = Command::new(program);
    command.args(arguments);
    for (name, value) in variables(&bytes).ok_or(ExecError::Malformed(path))? {
        if std::env::var_os(name).is_none() {
            command.env(name, value);
        }
    }
    Ok(command)
}

/// `[--dir DIR] [--] COMMAND…`
fn parse(arguments: &[OsString]) -> Result<(Option<PathBuf>, &[OsString]), ExecError> {
    let (dir, rest) = match arguments {
        [flag, dir, rest @ ..] if flag == "--dir" => (Some(dir.into()), rest),
        rest => (None, rest),
    };
    match rest {
        [dashes, command @ ..] if dashes == "--" && !command.is_empty() => Ok((dir, command)),
        _ => Err(ExecError::Usage),
    }
}

/// The directory that holds this very program: the sidecar put both there.
fn own_dir() -> Result<PathBuf, ExecError> {
    let this = std::env::current_exe().map_err(ExecError::Place)?;
    Ok(this.parent().unwrap_or(Path::new("/")).to_owned())
}

fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut file = std::fs::File::open(path)?;
    let size = usize::try_from(file.metadata()?.len()).unwrap_or(0);
    let mut bytes = Zeroizing::new(Vec::with_capacity(size + 1));
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Names and values out of NUL-terminated `NAME=value`.
fn variables(bytes: &[u8]) -> Option<Vec<(&OsStr, &OsStr)>> {
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    let entries = bytes.strip_suffix(&[0])?.split(|b| *b == 0);
    entries
        .map(|entry| {
            let equals = entry.iter().position(|b| *b == b'=').filter(|at| *at > 0)?;
            Some((
                OsStr::from_bytes(&entry[..equals]),
                OsStr::from_bytes(&entry[equals + 1..]),
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(list: &[&str]) -> Vec<OsString> {
        list.iter().map(OsString::from).collect()
    }

    #[test]
    fn takes_only_a_command_after_dashes() {
        let given = words(&["--dir", "/d", "--", "app", "--", "-x"]);
        let (dir, command) = parse(&given).unwrap();
        assert_eq!(
            (dir, command),
            (Some("/d".into()), &words(&["app", "--", "-x"])[..])
        );
        for wrong in [
            &[][..],
            &["--"],
            &["app"],
            &["--dir"],
            &["--dir", "/d"],
            &["--dir", "/d", "--"],
            &["--other", "--", "a"],
        ] {
            assert!(matches!(parse(&words(wrong)), Err(ExecError::Usage)), "{wrong:?}");
        }
    }

    #[test]
    fn reads_variables() {
        let read = |bytes: &'static str| {
            let list = variables(bytes.as_bytes())?;
            Some(
                list.into_iter()
                    .map(|(n, v)| (n.to_str().unwrap(), v.to_str().unwrap()))
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(
            read("A=1\0B=\0C=x=y\n'\0"),
            Some(vec![("A", "1"), ("B", ""), ("C", "x=y\n'")])
        );
        assert_eq!(read(""), Some(vec![]));
        for malformed in ["A=1", "A\0", "=1\0", "A=1\0\0"] {
            assert_eq!(read(malformed), None, "{malformed:?}");
        }
    }
}
