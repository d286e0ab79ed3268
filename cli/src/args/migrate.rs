//! `coffer migrate`.

use std::path::PathBuf;

use clap::Args;

/// Examples of `coffer migrate --help`.
const EXAMPLES: &str = "Examples:
  coffer migrate -f deploy/ -n team > migrated.yaml      what is left out, and what to do by hand, is on standard error
  helm template chart | coffer migrate -f - -n team      what another program writes
  coffer migrate -f deploy/ -f vault.yaml -n team        with the Vault whose spec.references say where paths lead
  coffer migrate -f external-secret.yaml -f store.yaml --vault app

A document that changes is written anew, without its comments; all others are printed as they are.

Exit codes: 0 all is said, 1 something is left to do by hand, 2 wrong usage";

/// What to translate.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct MigrateArgs {
    /// A file, or a folder: every .yaml, .yml and .json below it; `-` is standard input
    #[arg(short = 'f', long = "filename", value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// The namespace of objects that name none
    #[arg(short = 'n', long, env = "COFFER_ORGANIZATION", default_value = "default")]
    pub organization: String,
    /// The Vault of what becomes a `VaultSecret`
    #[arg(long, env = "COFFER_VAULT", default_value = "default")]
    pub vault: String,
    /// Its environment
    #[arg(short, long, env = "COFFER_ENVIRONMENT", default_value = "default")]
    pub environment: String,
}
