//! The command line.

mod explain;
mod keynest;
mod keyway;
mod seal;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use explain::ExplainArgs;
pub use keynest::KeynestVerb;
pub use keyway::{
    DirectoryArgs, DirectoryVerb, KeywayVerb, OrganizationVerb, RepositoryVerb, RoleVerb, TokenVerb, UserVerb,
};
pub use seal::{CheckArgs, ResealArgs, SealArgs, SealKeyVerb, VaultArgs};

/// Read, write and rotate secrets; see which pods hold which version; check the audit log.
#[derive(Debug, Parser)]
#[command(name = "coffer", version, after_help = EXAMPLES)]
pub struct Cli {
    #[command(flatten)]
    pub connection: Connection,
    /// How to print: a table for people, JSON or YAML for programs
    #[arg(short, long, global = true, value_enum, default_value = "table")]
    pub output: Output,
    #[command(subcommand)]
    pub verb: Verb,
}

const EXAMPLES: &str = "Examples:
  export COFFER_SERVER=https://coffer.coffer-system.svc:8443 COFFER_CA_FILE=ca.crt COFFER_TOKEN=coffer_…
  coffer list -n team --vault app                     what is there
  coffer get DATABASE_URL -n team --vault app         one value, nothing else, on standard output
  printf %s \"$VALUE\" | coffer put API_KEY -n team --vault app
  coffer rotate DATABASE_PASSWORD -n team --vault app
  coffer consumers -n team --vault app                which pod holds which version, and who lags
  printf %s \"$VALUE\" | coffer seal API_KEY --public-key app.pub      safe to commit to Git
  coffer check -f deploy/                             manifests, offline, before they are applied
  coffer explain deployment/web -n team               why each variable and file is there, or is not
  coffer audit verify -n team
  coffer bootstrap --data ./data                      prepare an empty store
  coffer keyway directory --file users.json user add octocat
  coffer mcp                                          an agent's server: reads by approval, over standard input and output

A secret may also be named by its whole address: coffer get coffer://team/app/default/DATABASE_URL

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 not allowed, 5 the server cannot be reached";

/// Where the server is, and who asks.
#[derive(Debug, Args)]
pub struct Connection {
    /// Base address of the server
    #[arg(
        long,
        global = true,
        env = "COFFER_SERVER",
        value_name = "URL",
        default_value = "http://127.0.0.1:8200"
    )]
    pub server: String,
    /// API key; better in the environment than on the command line, where others can see it
    #[arg(
        long,
        global = true,
        env = "COFFER_TOKEN",
        value_name = "KEY",
        hide_env_values = true
    )]
    pub token: Option<String>,
    /// File that holds the API key
    #[arg(long, global = true, env = "COFFER_TOKEN_FILE", value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// PEM certificates to trust instead of the system's: in a cluster, the config map coffer-trust
    #[arg(long, global = true, env = "COFFER_CA_FILE", value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Connect to this address instead of resolving the server's name, such as a forwarded port
    #[arg(long, global = true, env = "COFFER_CONNECT_TO", value_name = "IP:PORT")]
    pub connect_to: Option<std::net::SocketAddr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    Table,
    Json,
    Yaml,
}

impl Output {
    /// For programs.
    pub fn is_data(self) -> bool {
        self != Self::Table
    }
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Print a value, and nothing else, on standard output
    Get {
        /// Name, or whole address
        name: String,
        /// An older version
        #[arg(long)]
        version: Option<u64>,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Write a new version of a secret, from standard input or a file
    Put {
        /// Name, or whole address
        name: String,
        /// Read the value from this file; without, from standard input
        #[arg(long, value_name = "FILE")]
        from_file: Option<PathBuf>,
        /// Leave out one line end at the end of the value
        #[arg(long)]
        trim: bool,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// List the secrets of an environment
    List {
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Have a generated secret, or an API key, made anew
    Rotate {
        /// Name, or whole address, of a generated secret
        #[arg(required_unless_present = "api_key", conflicts_with = "api_key")]
        name: Option<String>,
        /// Rotate the API key of this id instead; the new token is printed once
        #[arg(long, value_name = "ID")]
        api_key: Option<String>,
        /// For how long the API key's present token keeps working
        #[arg(long, requires = "api_key", value_name = "DURATION", default_value = "1h")]
        overlap: String,
        /// Wait for no consumer: what an earlier rotation still keeps for them is retired at once; if nothing is, the
        /// secret is rotated and its version before is retired at once (with rotation.onlyAfterAck)
        #[arg(long, conflicts_with = "api_key")]
        force: bool,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Which pods hold which version, and who lags
    Consumers {
        /// Only of this secret
        name: Option<String>,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Why each variable and file of a pod is there, or is not; through kubectl, and without values
    Explain(ExplainArgs),
    /// Seal a value to a vault's public key, for a `VaultSecret` in Git; works offline
    Seal(SealArgs),
    /// Seal what is sealed in files anew, to the newest key, through the server
    Reseal(ResealArgs),
    /// The keys that values are sealed to
    SealKey {
        #[command(subcommand)]
        verb: SealKeyVerb,
    },
    /// Whether manifests are sound: schemas, rules, references, schedules, templates, seals, annotations; offline
    Check(CheckArgs),
    /// The audit log
    Audit {
        #[command(subcommand)]
        verb: AuditVerb,
    },
    /// Serve the Model Context Protocol on standard input and output, for agents that read by approval
    Mcp,
    /// Prepare a data folder: store, organization, vault, administrator's key
    Bootstrap(BootstrapArgs),
    /// Accounts of people who use the KeyNest API
    Keynest {
        #[command(subcommand)]
        verb: KeynestVerb,
    },
    /// What the Keyway API goes by
    Keyway {
        #[command(subcommand)]
        verb: KeywayVerb,
    },
}

#[derive(Debug, Subcommand)]
pub enum AuditVerb {
    /// Follow the hash chain; fails, naming the first broken record, if it does not hold
    Verify {
        /// The organization: in a cluster, the namespace
        #[arg(short = 'n', long, env = "COFFER_ORGANIZATION", default_value = "default")]
        organization: String,
    },
    /// Print what was asked, by whom, and how it ended
    List {
        /// The organization: in a cluster, the namespace
        #[arg(short = 'n', long, env = "COFFER_ORGANIZATION", default_value = "default")]
        organization: String,
        /// Only records after this number
        #[arg(long, default_value_t = 0)]
        after: u64,
    },
}

/// Where a secret is.
#[derive(Debug, Args)]
pub struct PlaceArgs {
    /// The organization: in a cluster, the namespace
    #[arg(short = 'n', long, env = "COFFER_ORGANIZATION", default_value = "default")]
    pub organization: String,
    /// The vault
    #[arg(long, env = "COFFER_VAULT", default_value = "default")]
    pub vault: String,
    /// The environment of the vault
    #[arg(short, long, env = "COFFER_ENVIRONMENT", default_value = "default")]
    pub environment: String,
}

#[derive(Debug, Args)]
pub struct BootstrapArgs {
    /// Folder for the store
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The organization to make
    #[arg(long, default_value = "default")]
    pub organization: String,
    /// Base address to print: where the server is going to listen
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8200")]
    pub base_url: String,
    /// Print the token and the base address for clients of this dialect, such as secryn
    #[arg(long, value_name = "NAME")]
    pub dialect: Option<String>,
    /// Keep the key-encryption key in this file, away from the data it protects
    #[arg(long, value_name = "FILE")]
    pub kek_file: Option<PathBuf>,
}
