//! What went wrong, what to do about it, and the exit code that says so.

use std::{io, path::PathBuf, process::ExitCode};

use thiserror::Error;

use crate::kubectl::Refused;

/// Why a command did not do what was asked.
#[derive(Debug, Error)]
pub enum Failure {
    /// Something on the command line cannot be right.
    #[error("{0}")]
    Usage(String),
    /// A file cannot be used.
    #[error("cannot use {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The server refused.
    #[error("{message}{}", hint(*.status))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What the server says.
        message: String,
    },
    /// There is no answer.
    #[error(
        "no answer from {server}: {reason}. Is it running? Set --server (COFFER_SERVER) and, for TLS, --ca-file (COFFER_CA_FILE)"
    )]
    Unreachable {
        /// The base address.
        server: String,
        /// Why.
        reason: String,
    },
    /// The answer is not one of ours.
    #[error("{server} does not answer like a Coffer server: {reason}")]
    Strange {
        /// The base address.
        server: String,
        /// What is odd.
        reason: String,
    },
    /// The audit chain does not hold.
    #[error("the audit log of {organization} is broken at record {record}: {reason}")]
    Broken {
        /// Whose.
        organization: String,
        /// The first record that does not hold.
        record: u64,
        /// What is wrong there.
        reason: String,
    },
    /// The directory cannot be changed so.
    #[error("{0}")]
    Directory(String),
    /// A value cannot be sealed.
    #[error("{0}")]
    Seal(String),
    /// Manifests are not sound; what is wrong was printed.
    #[error("{0}")]
    Unsound(String),
    /// What a pod asks for is not all there; what is missing was printed.
    #[error("{0}")]
    Missing(String),
    /// kubectl did not answer what was asked.
    #[error("{0}")]
    Cluster(Refused),
    /// Bootstrapping failed.
    #[error("{0}")]
    Bootstrap(String),
}

fn hint(status: u16) -> &'static str {
    match status {
        401 => ". Set COFFER_TOKEN or --token-file to an API key that works",
        503 => ". Try again in a moment",
        _ => "",
    }
}

impl Failure {
    /// As listed in `coffer --help`.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Usage(_) => 2,
            Self::Refused {
                status: 404 | 410, ..
            } => 3,
            Self::Refused {
                status: 401 | 403, ..
            } => 4,
            Self::Cluster(refused) => refused.exit_code(),
            Self::Unreachable { .. } => 5,
            _ => 1,
        })
    }
}
