//! `coffer seal`, `reseal`, `seal-key` and `check`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Examples of `coffer seal --help`.
const SEAL_EXAMPLES: &str = "Examples:
  kubectl get vault app -n team -o jsonpath='{.status.sealing.publicKey}' > app.pub     commit it: it is public
  printf %s \"$VALUE\" | coffer seal DB_PASSWORD --public-key app.pub                      the text, for spec.data.DB_PASSWORD.sealed
  printf %s \"$VALUE\" | coffer seal DB_PASSWORD --public-key app.pub -f secrets.yaml      into the VaultSecret in that file
  printf %s \"$VALUE\" | coffer seal DB_PASSWORD -n team --vault app --from-cluster         with kubectl's access
  printf %s \"$VALUE\" | coffer seal DB_PASSWORD -n team --vault app                        with the key that COFFER_SERVER tells";

/// Examples of `coffer check --help`.
const CHECK_EXAMPLES: &str = "Examples:
  coffer check -f deploy/                                everything below the folder, offline
  coffer check -f deploy/ --public-key app.pub           and that what is sealed for that vault is sealed to this key
  helm template chart | coffer check -f - -n team        what another program writes
  coffer check -f deploy/ -o json                        for programs

Exit codes: 0 nothing wrong, 1 something is (with --strict: or may be), 2 wrong usage";

/// What to seal, for where, and to which key.
#[derive(Debug, Args)]
#[command(after_help = SEAL_EXAMPLES)]
pub struct SealArgs {
    /// Name of the secret (a key of the `VaultSecret`), or its whole address
    pub name: String,
    /// The namespace; without, the public key's
    #[arg(short = 'n', long, env = "COFFER_ORGANIZATION")]
    pub organization: Option<String>,
    /// The vault, or NAMESPACE/VAULT; without, the public key's
    #[arg(long, env = "COFFER_VAULT")]
    pub vault: Option<String>,
    /// The environment of the vault; without, the manifest's, or default
    #[arg(short, long, env = "COFFER_ENVIRONMENT")]
    pub environment: Option<String>,
    /// The vault's public key, or a file that holds it: works without a server or a cluster
    #[arg(long, value_name = "FILE|KEY")]
    pub public_key: Option<String>,
    /// Have kubectl ask the cluster for the Vault's public key
    #[arg(long, conflicts_with = "public_key")]
    pub from_cluster: bool,
    /// Write the sealed value into the `VaultSecret` of this file, instead of printing it
    #[arg(short = 'f', long = "filename", value_name = "MANIFEST")]
    pub manifest: Option<PathBuf>,
    /// Which `VaultSecret` of the file, if it has several
    #[arg(long, value_name = "NAME", requires = "manifest")]
    pub object: Option<String>,
    /// Read the value from this file; without, from standard input
    #[arg(long, value_name = "FILE")]
    pub from_file: Option<PathBuf>,
    /// Leave out one line end at the end of the value
    #[arg(long)]
    pub trim: bool,
}

/// What to seal anew.
#[derive(Debug, Args)]
pub struct ResealArgs {
    /// A file, or a folder: every .yaml, .yml and .json below it
    #[arg(short = 'f', long = "filename", value_name = "PATH")]
    pub path: PathBuf,
    /// Also those that are sealed to the newest key already
    #[arg(long)]
    pub all: bool,
    /// Say what would be done, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// A vault.
#[derive(Debug, Args)]
pub struct VaultArgs {
    /// The organization: in a cluster, the namespace
    #[arg(short = 'n', long, env = "COFFER_ORGANIZATION", default_value = "default")]
    pub organization: String,
    /// The vault
    #[arg(long, env = "COFFER_VAULT", default_value = "default")]
    pub vault: String,
}

#[derive(Debug, Subcommand)]
pub enum SealKeyVerb {
    /// Print the public key that values are sealed to
    Show {
        #[command(flatten)]
        vault: VaultArgs,
    },
    /// List the keys of a vault, the newest first
    List {
        #[command(flatten)]
        vault: VaultArgs,
    },
    /// Make a new key; the older ones still open what was sealed to them
    Rotate {
        #[command(flatten)]
        vault: VaultArgs,
    },
}

/// What to look through.
#[derive(Debug, Args)]
#[command(after_help = CHECK_EXAMPLES)]
pub struct CheckArgs {
    /// A file, or a folder: every .yaml, .yml and .json below it; `-` is standard input
    #[arg(short = 'f', long = "filename", value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// The namespace of objects that name none
    #[arg(short = 'n', long, env = "COFFER_ORGANIZATION", default_value = "default")]
    pub organization: String,
    /// A vault's public key, or a file that holds it: what is sealed for that vault should be sealed to it
    #[arg(long, value_name = "FILE|KEY")]
    pub public_key: Vec<String>,
    /// Fail on warnings too
    #[arg(long)]
    pub strict: bool,
}
