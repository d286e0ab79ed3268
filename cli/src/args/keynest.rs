//! The command line of `coffer keynest`.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum KeynestVerb {
    /// Give somebody another password, from standard input, and end their session
    ResetPassword {
        /// Their address
        email: String,
    },
    /// Keep somebody out: their session ends at once, and they cannot log in
    Disable {
        /// Their address
        email: String,
    },
    /// Let somebody in again
    Enable {
        /// Their address
        email: String,
    },
}

const EXAMPLES: &str = "Accounts belong to the whole server, so it takes a key that only its data directory gives, while no server runs:
  coffer bootstrap --data ./data --organization _keynest

Examples:
  printf %s \"$PASSWORD\" | coffer keynest reset-password octocat@example.com
  coffer keynest disable octocat@example.com";
