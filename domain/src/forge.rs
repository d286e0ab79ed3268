//! What a dialect asks of a forge such as GitHub: who holds a token, which repositories there are, and who has
//! which role on them. A forge serves only the owners that its configuration names: whoever takes a free login
//! there must not come by the organization of the same name here.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{repo_role::RepoRole, secret_value::SecretValue};

/// Somebody with an account at the forge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForgeUser {
    /// The forge's number of the account; it outlives a change of the login.
    pub id: u64,
    /// The login, as its holder spells it.
    pub login: String,
    /// An address, if it is known.
    pub email: Option<String>,
    /// Where there is a picture.
    pub avatar: String,
}

/// A repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// Its owner's login, as spelt there.
    pub owner: String,
    /// Its name, as spelt there.
    pub name: String,
    /// The forge's number of it.
    pub id: u64,
    /// The forge's number of its owner.
    pub owner_id: u64,
    /// Whether only some may see it.
    pub private: bool,
    /// Whether its owner is an organization.
    pub organization: bool,
    /// The number of the app's installation on it, if the app is installed.
    pub installation: Option<u64>,
}

impl Repository {
    /// `owner/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }
}

/// Somebody with a role on a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collaborator {
    /// Who.
    pub user: ForgeUser,
    /// Their role.
    pub role: RepoRole,
    /// Whether they are a program.
    pub bot: bool,
}

/// What somebody is in an organization of the forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    /// An owner.
    Owner,
    /// A member.
    Member,
}

/// Somebody in an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user: ForgeUser,
    /// What they are in it.
    pub is: Membership,
}

/// An organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForgeOrganization {
    /// Its login, as spelt there.
    pub login: String,
    /// What it calls itself, if it does.
    pub name: Option<String>,
    /// Where there is a picture.
    pub avatar: String,
}

/// The forge did not answer.
#[derive(Debug, Error)]
#[error("the forge does not answer: {0}")]
pub struct ForgeError(pub String);

/// A forge. What it says is at most a minute old.
#[async_trait]
pub trait Forge: Send + Sync + std::fmt::Debug {
    /// The logins whose repositories may be served.
    fn owners(&self) -> Vec<String>;

    /// Who holds this token.
    async fn user_by_token(&self, token: &SecretValue) -> Result<Option<ForgeUser>, ForgeError>;

    /// The repository of this name, in any case; `None` too if its owner is not served.
    async fn repository(&self, owner: &str, name: &str) -> Result<Option<Repository>, ForgeError>;

    /// The role of a user on a repository; `None` without one, however public the repository is.
    async fn role(&self, repository: &Repository, login: &str) -> Result<Option<RepoRole>, ForgeError>;

    /// Everybody with a role on a repository.
    async fn collaborators(&self, repository: &Repository) -> Result<Vec<Collaborator>, ForgeError>;

    /// What a user is in an organization; `None`: nothing, or there is no such organization.
    async fn membership(&self, organization: &str, login: &str) -> Result<Option<Membership>, ForgeError>;

    /// The logins of the organizations that may be served; some may be none after all.
    async fn organizations(&self) -> Result<Vec<String>, ForgeError>;

    /// The organization of this login, in any case; `None` too if it is not served.
    async fn organization(&self, login: &str) -> Result<Option<ForgeOrganization>, ForgeError>;

    /// Everybody in an organization; nobody, if there is none.
    async fn members(&self, organization: &str) -> Result<Vec<Member>, ForgeError>;
}

/// A server without a forge: nobody, and no repositories. Native API keys are all there is.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoForge;

#[async_trait]
impl Forge for NoForge {
    fn owners(&self) -> Vec<String> {
        Vec::new()
    }

    async fn user_by_token(&self, _: &SecretValue) -> Result<Option<ForgeUser>, ForgeError> {
        Ok(None)
    }

    async fn repository(&self, _: &str, _: &str) -> Result<Option<Repository>, ForgeError> {
        Ok(None)
    }

    async fn role(&self, _: &Repository, _: &str) -> Result<Option<RepoRole>, ForgeError> {
        Ok(None)
    }

    async fn collaborators(&self, _: &Repository) -> Result<Vec<Collaborator>, ForgeError> {
        Ok(Vec::new())
    }

    async fn membership(&self, _: &str, _: &str) -> Result<Option<Membership>, ForgeError> {
        Ok(None)
    }

    async fn organizations(&self) -> Result<Vec<String>, ForgeError> {
        Ok(Vec::new())
    }

    async fn organization(&self, _: &str) -> Result<Option<ForgeOrganization>, ForgeError> {
        Ok(None)
    }

    async fn members(&self, _: &str) -> Result<Vec<Member>, ForgeError> {
        Ok(Vec::new())
    }
}
