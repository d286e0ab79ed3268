//! `cargo xtask`: code generation and checks of the repository itself. It knows the repository's layout and
//! nothing of a running system.

mod arrows;
mod generate;
mod sizes;
mod sources;

use std::{path::Path, process::ExitCode};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Code generation and checks of this repository")]
struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Write every generated file
    Generate {
        /// Write nothing; fail if a file is not as it would be written
        #[arg(long)]
        check: bool,
    },
    /// Check which crate may depend on which
    Arrows,
    /// Check that no source file is long without a reason
    Sizes,
}

fn main() -> ExitCode {
    match run(&Args::parse().verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(verb: &Verb) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask has no parent directory")?;
    match verb {
        Verb::Generate { check: false } => generate::write(root),
        Verb::Generate { check: true } => generate::check(root),
        Verb::Arrows => arrows::check(root),
        Verb::Sizes => sizes::check(root),
    }
}
