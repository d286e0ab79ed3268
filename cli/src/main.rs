//! `coffer`: for people and for CI. It speaks the native API and holds no rule of its own. Installed as
//! `kubectl-coffer` it is also `kubectl coffer`.

mod args;
mod client;
mod command;
mod failure;
mod kubectl;
mod output;

use std::{ffi::OsStr, path::Path, process::ExitCode};

use clap::{CommandFactory, FromArgMatches};

use crate::{args::Cli, failure::Failure};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("coffer: {failure}");
            failure.exit_code()
        }
    }
}

async fn run() -> Result<(), Failure> {
    let program = std::env::args_os().next();
    let mut matches = called_as(program.as_deref()).get_matches();
    let cli = Cli::from_arg_matches_mut(&mut matches).unwrap_or_else(|error| error.exit());
    command::run(cli).await
}

/// The command line, by the name that it was called by: kubectl calls `kubectl-coffer` for `kubectl coffer`.
fn called_as(program: Option<&OsStr>) -> clap::Command {
    let name = program.and_then(|program| Path::new(program).file_name());
    let command = Cli::command();
    if name.is_some_and(|name| name == "kubectl-coffer" || name == "kubectl-coffer.exe") {
        command.bin_name("kubectl coffer")
    } else {
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kubectls_plugin_is_called_by_its_own_name() {
        for (program, name) in [
            ("/usr/bin/kubectl-coffer", Some("kubectl coffer")),
            ("/usr/bin/coffer", None),
        ] {
            let command = called_as(Some(OsStr::new(program)));
            assert_eq!(command.get_bin_name(), name, "{program}");
        }
    }
}
