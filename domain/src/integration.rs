//! What a dialect asks of a hosting provider such as Vercel: whose a token is, which projects there are, and which
//! variables an environment of a project has. How a provider is spoken with is an adapter's own; what is to be
//! written where is decided by the use-cases.

use std::{collections::BTreeMap, fmt, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Error, secret_value::SecretValue};

/// The longest id or name that is taken over from a provider, in bytes.
pub const LONGEST_ID: usize = 128;

/// A hosting provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Vercel.
    Vercel,
    /// Netlify.
    Netlify,
    /// Railway.
    Railway,
}

impl Provider {
    /// Every provider.
    pub const ALL: [Self; 3] = [Self::Vercel, Self::Netlify, Self::Railway];

    /// Its name in paths and bodies.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vercel => "vercel",
            Self::Netlify => "netlify",
            Self::Railway => "railway",
        }
    }

    /// Its name as it writes it itself.
    pub fn display_name(self) -> &'static str {
        match self {
            Self::Vercel => "Vercel",
            Self::Netlify => "Netlify",
            Self::Railway => "Railway",
        }
    }

    /// The provider of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == text)
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.display_name())
    }
}

/// Whose a provider's token is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// The provider's id of the user.
    pub user: String,
    /// Their login there.
    pub username: String,
    /// Their address, if it is told.
    pub email: Option<String>,
    /// The provider's id of the team that the token is for, if it is for one.
    pub team: Option<String>,
    /// The team's name.
    pub team_name: Option<String>,
}

impl Holder {
    /// The account that a token acts for: the team, else the user.
    pub fn account(&self) -> &str {
        self.team.as_deref().unwrap_or(&self.user)
    }
}

/// With what a provider is asked.
#[derive(Debug, Clone)]
pub struct Access {
    /// The token.
    pub token: SecretValue,
    /// The team it is for.
    pub team: Option<String>,
}

/// A project of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// The provider's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The repository it is built from, `owner/repo`.
    pub linked_repo: Option<String>,
    /// What it is built with.
    pub framework: Option<String>,
    /// Its environments, where they are its own.
    pub environments: Option<Vec<String>>,
    /// The service in it that is built from the repository, id and name.
    pub service: Option<(String, String)>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
}

/// An environment of a project, as the provider calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The provider's id of the project.
    pub project: String,
    /// The environment's name.
    pub environment: String,
    /// The provider's id of a service, where variables are a service's.
    pub service: Option<String>,
}

/// A provider's variables: `None` for a value that it does not show.
pub type Variables = BTreeMap<String, Option<SecretValue>>;

/// What is to be made of a provider's variables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Those to make or to give another value.
    pub set: Vec<(String, SecretValue)>,
    /// Those to take away.
    pub remove: Vec<String>,
}

/// Why a provider did not do what it was asked. Nothing it said is repeated: it may hold a token.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProviderError {
    /// The token is not, or no longer, good there.
    #[error("{0} refuses the token; connect again")]
    Refused(Provider),
    /// There is no such project or environment there, or not for this token.
    #[error("{0} knows of no such project or environment")]
    Missing(Provider),
    /// Too much was asked of it.
    #[error("{0} takes no more requests for now; try again later")]
    Limited(Provider),
    /// It did not answer, or not as it should.
    #[error("{0} {1}")]
    Broken(Provider, &'static str),
}

impl From<ProviderError> for Error {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Refused(_) => Self::Refused(error.to_string()),
            ProviderError::Missing(provider) => Self::NotFound {
                what: "project or environment",
                name: format!("at {provider}"),
                nearest: None,
            },
            ProviderError::Limited(_) | ProviderError::Broken(..) => Self::Unavailable(error.to_string()),
        }
    }
}

/// One provider, as its adapter speaks with it.
#[async_trait]
pub trait Integration: Send + Sync + fmt::Debug {
    /// Whether it can be connected with: its application is configured, or it needs none.
    fn configured(&self) -> bool;

    /// Where a browser goes for consent; `None` where one connects with a token of one's own making.
    fn authorize_url(&self, state: &str, callback: &str) -> Option<String>;

    /// Exchanges the code that a consent brought for a token.
    async fn exchange(&self, code: &str, callback: &str) -> Result<(SecretValue, Holder), ProviderError>;

    /// Whose a token is that somebody made there.
    async fn holder(&self, token: &SecretValue) -> Result<Holder, ProviderError>;

    /// The projects that a token reaches.
    async fn projects(&self, access: &Access) -> Result<Vec<Project>, ProviderError>;

    /// The variables of an environment, but for the provider's own.
    async fn variables(&self, access: &Access, target: &Target) -> Result<Variables, ProviderError>;

    /// Changes the variables of an environment. Not atomic: providers cannot do that.
    async fn change(&self, access: &Access, target: &Target, changes: &Changes) -> Result<(), ProviderError>;

    /// Whether a variable's name is the provider's own, and left alone.
    fn is_own(&self, name: &str) -> bool;
}

/// The providers that a server speaks with.
pub type Integrations = BTreeMap<Provider, Arc<dyn Integration>>;

/// Whether a provider's text is one that can stand for something: short, and of printable ASCII.
pub fn is_id(text: &str) -> bool {
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
