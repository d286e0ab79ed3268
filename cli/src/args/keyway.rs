//! The command line of `coffer keyway`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum KeywayVerb {
    /// Who is whom without a forge: the file of --keyway-directory. A server takes a change over at once
    Directory(DirectoryArgs),
}

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DirectoryArgs {
    /// The file; made if there is none. It is replaced as a whole, and is for its owner's eyes alone
    #[arg(long, env = "COFFER_KEYWAY_DIRECTORY", value_name = "FILE")]
    pub file: PathBuf,
    #[command(subcommand)]
    pub verb: DirectoryVerb,
}

const EXAMPLES: &str = "Examples:
  export COFFER_KEYWAY_DIRECTORY=/etc/coffer/directory.json
  coffer keyway directory user add octocat
  coffer keyway directory token add octocat           prints the token, once
  coffer keyway directory repository add acme/api --private
  coffer keyway directory role set acme/api octocat admin
  coffer keyway directory organization set acme --owner octocat
  coffer keyway directory list                        who has which role
  coffer keyway directory token remove octocat        none of the tokens works any more
  coffer keyway directory user remove octocat         with all tokens and roles";

#[derive(Debug, Subcommand)]
pub enum DirectoryVerb {
    /// Who has which role on which repository
    List,
    /// Users
    User {
        #[command(subcommand)]
        verb: UserVerb,
    },
    /// What shows that it is them
    Token {
        #[command(subcommand)]
        verb: TokenVerb,
    },
    /// Repositories, each of which can have a vault
    Repository {
        #[command(subcommand)]
        verb: RepositoryVerb,
    },
    /// Users' roles on repositories
    Role {
        #[command(subcommand)]
        verb: RoleVerb,
    },
    /// Owners that are organizations
    Organization {
        #[command(subcommand)]
        verb: OrganizationVerb,
    },
}

#[derive(Debug, Subcommand)]
pub enum UserVerb {
    /// Add a user, who has no token and no role yet
    Add {
        login: String,
        /// Number, such as GitHub's; without, one that was nobody's
        #[arg(long)]
        id: Option<u64>,
        #[arg(long)]
        email: Option<String>,
        /// It is a program
        #[arg(long)]
        bot: bool,
    },
    /// Remove a user with all tokens, roles and memberships
    Remove { login: String },
}

#[derive(Debug, Subcommand)]
pub enum TokenVerb {
    /// Make a token and print it, once: the file keeps its digest
    Add { login: String },
    /// Take all tokens from a user, or one
    Remove {
        login: String,
        /// File with the token to take; without, all
        #[arg(long, value_name = "FILE")]
        token_file: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub enum RepositoryVerb {
    /// Add a repository
    Add {
        /// owner/repo
        name: String,
        /// Number, such as GitHub's; without, one of chance
        #[arg(long)]
        id: Option<u64>,
        /// Only those with a role may know of it
        #[arg(long)]
        private: bool,
    },
    /// Remove a repository; its vault stays, out of reach
    Remove {
        /// owner/repo
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum RoleVerb {
    /// Give a user a role, in place of the one they had
    Set {
        /// owner/repo
        repository: String,
        login: String,
        /// read, triage, write, maintain or admin
        role: String,
    },
    /// Take a user's role away
    Remove {
        /// owner/repo
        repository: String,
        login: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum OrganizationVerb {
    /// Make an organization, or give it other people
    Set {
        login: String,
        /// User who owns it; may be repeated
        #[arg(long)]
        owner: Vec<String>,
        /// User who is a member; may be repeated
        #[arg(long)]
        member: Vec<String>,
    },
    /// Remove an organization; its repositories stay
    Remove { login: String },
}
