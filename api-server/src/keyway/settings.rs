//! What the server's configuration says of this door.

use std::{path::PathBuf, sync::Arc};

use coffer_domain::{
    forge::{Forge, NoForge},
    integration::Integrations,
};
use thiserror::Error;

use super::{
    forge::{
        directory::Directory,
        github::{GitHub, GitHubOptions},
        sign_in::SignIn,
    },
    integrations::settings::{IntegrationArgs, application, base},
    outbound::Line,
};

/// The command line's part.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Args {
    /// Keyway: file of users, repositories and roles (JSON), read again when it changes; instead of GitHub
    #[arg(
        long,
        env = "COFFER_KEYWAY_DIRECTORY",
        value_name = "FILE",
        conflicts_with = "keyway_github_token_file"
    )]
    pub keyway_directory: Option<PathBuf>,
    /// Keyway: file of the token with which GitHub is asked about repositories and roles
    #[arg(
        long,
        env = "COFFER_KEYWAY_GITHUB_TOKEN_FILE",
        value_name = "FILE",
        requires = "keyway_owner"
    )]
    pub keyway_github_token_file: Option<PathBuf>,
    /// Keyway: login whose repositories on GitHub are served; may be repeated
    #[arg(
        long,
        env = "COFFER_KEYWAY_OWNER",
        value_name = "LOGIN",
        value_delimiter = ','
    )]
    pub keyway_owner: Vec<String>,
    /// Keyway: base address of GitHub's API
    #[arg(
        long,
        env = "COFFER_KEYWAY_GITHUB_API",
        value_name = "URL",
        default_value = "https://api.github.com"
    )]
    pub keyway_github_api: String,
    /// Keyway: this server's address as people reach it, such as <https://keyway.example>; for links
    #[arg(long, env = "COFFER_KEYWAY_PUBLIC_URL", value_name = "URL")]
    pub keyway_public_url: Option<String>,
    /// Keyway: where the GitHub app is installed
    #[arg(
        long,
        env = "COFFER_KEYWAY_INSTALL_URL",
        value_name = "URL",
        default_value = "https://github.com/apps/keyway/installations/new"
    )]
    pub keyway_install_url: String,
    /// Keyway: client id of the GitHub app by which people sign a device in; without, they paste a token
    #[arg(
        long,
        env = "COFFER_KEYWAY_GITHUB_CLIENT_ID",
        value_name = "ID",
        requires = "keyway_github_client_secret_file",
        requires = "keyway_github_token_file"
    )]
    pub keyway_github_client_id: Option<String>,
    /// Keyway: file of the GitHub app's client secret
    #[arg(
        long,
        env = "COFFER_KEYWAY_GITHUB_CLIENT_SECRET_FILE",
        value_name = "FILE",
        requires = "keyway_github_client_id"
    )]
    pub keyway_github_client_secret_file: Option<PathBuf>,
    /// Keyway: base address of GitHub's pages
    #[arg(
        long,
        env = "COFFER_KEYWAY_GITHUB_URL",
        value_name = "URL",
        default_value = "https://github.com"
    )]
    pub keyway_github_url: String,
    /// Providers.
    #[command(flatten)]
    pub integrations: IntegrationArgs,
    /// Keyway: enforce the limits of plans, of which everybody has the free one
    #[arg(long, env = "COFFER_KEYWAY_PLAN_LIMITS")]
    pub keyway_plan_limits: bool,
}

/// What the door goes by.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who knows users and repositories.
    pub forge: Arc<dyn Forge>,
    /// How people sign in there in a browser, if they can.
    pub sign_in: Option<Arc<SignIn>>,
    /// The hosting providers.
    pub integrations: Integrations,
    /// Origins to which a browser may be sent back.
    pub return_origins: Vec<String>,
    /// This server's address as people reach it, without a path or with the door's.
    pub public_url: Option<String>,
    /// Where the app is installed.
    pub install_url: String,
    /// Whether the limits of plans bite.
    pub plan_limits: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            forge: Arc::new(NoForge),
            sign_in: None,
            integrations: Integrations::new(),
            return_origins: Vec::new(),
            public_url: None,
            install_url: "https://github.com/apps/keyway/installations/new".to_owned(),
            plan_limits: false,
        }
    }
}

/// The forge cannot be had.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct BadForge(pub String);

impl Args {
    /// The settings, with a forge that fails when it is asked if it cannot be had; [`Args::check`] finds that
    /// before.
    pub fn settings(&self) -> Settings {
        Settings {
            forge: self.forge().unwrap_or_else(|_| Arc::new(NoForge)),
            sign_in: self.sign_in().unwrap_or_default(),
            integrations: self.integrations.build().unwrap_or_default(),
            return_origins: self.integrations.keyway_return_origin.clone(),
            public_url: self
                .keyway_public_url
                .as_deref()
                .map(|url| url.trim_end_matches('/').to_owned()),
            install_url: self.keyway_install_url.clone(),
            plan_limits: self.keyway_plan_limits,
        }
    }

    /// Refuses files that cannot be read, and addresses that are none.
    pub fn check(&self) -> Result<(), BadForge> {
        self.sign_in()?;
        self.integrations.build()?;
        self.forge().map(drop)
    }

    fn sign_in(&self) -> Result<Option<Arc<SignIn>>, BadForge> {
        let application = application(
            self.keyway_github_client_id.as_ref(),
            self.keyway_github_client_secret_file.as_ref(),
        )?;
        let Some(application) = application else {
            return Ok(None);
        };
        Ok(Some(Arc::new(SignIn {
            web: base("github-url", &self.keyway_github_url)?,
            application,
            line: Line::default(),
        })))
    }

    fn forge(&self) -> Result<Arc<dyn Forge>, BadForge> {
        if let Some(path) = &self.keyway_directory {
            return Ok(Arc::new(Directory::open(path.clone())?));
        }
        let Some(path) = &self.keyway_github_token_file else {
            return Ok(Arc::new(NoForge));
        };
        let options = GitHubOptions::read(path, &self.keyway_github_api, &self.keyway_owner)?;
        Ok(Arc::new(GitHub::new(options)?))
    }
}
