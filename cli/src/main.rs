//! `coffer`: for people and for CI. It speaks the native API and holds no rule of its own. Installed as
//! `kubectl-coffer` it is also `kubectl coffer`.

mod args;
mod client;
mod command;
mod failure;
mod output;

use std::process::ExitCode;

use clap::Parser;

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
    command::run(Cli::parse()).await
}
