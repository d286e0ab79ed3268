//! GitHub's REST API. Users are known by their own tokens; repositories and roles are asked for with the server's
//! token, so that a user's token need not be able to. Answers about tokens and roles are kept for half a minute.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    hash::Hash,
    path::Path,
    time::Duration,
};

use async_trait::async_trait;
use coffer_domain::{
    forge::{Collaborator, Forge, ForgeError, ForgeOrganization, ForgeUser, Member, Membership, Repository},
    repo_role::RepoRole,
    secret_value::SecretValue,
};
use parking_lot::Mutex;
use reqwest::{Client, StatusCode};
use serde::{Deserialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::{avatar, picture};
use crate::keyway::settings::BadForge;

const FRESH: Duration = Duration::from_secs(30);
const PATIENCE: Duration = Duration::from_secs(10);
const CAPACITY: usize = 10_000;
/// How many members GitHub tells at once, and how often it is asked for more.
const PAGE: usize = 100;
const MOST_PAGES: usize = 100;

/// How to ask GitHub.
#[derive(Debug)]
pub struct GitHubOptions {
    api: String,
    token: SecretValue,
    owners: Vec<String>,
}

impl GitHubOptions {
    /// With the token in `file`, about the repositories of `owners`.
    pub fn read(file: &Path, api: &str, owners: &[String]) -> Result<Self, BadForge> {
        let text = fs::read_to_string(file)
            .map_err(|error| BadForge(format!("--keyway-github-token-file {}: {error}", file.display())))?;
        Ok(Self {
            api: api.trim_end_matches('/').to_owned(),
            token: SecretValue::from(text.trim()),
            owners: owners.iter().map(|owner| owner.to_ascii_lowercase()).collect(),
        })
    }
}

/// What was asked a moment ago.
#[derive(Debug)]
struct Recent<K, V>(Mutex<HashMap<K, (Instant, V)>>);

impl<K: Hash + Eq, V: Clone> Recent<K, V> {
    fn get(&self, key: &K) -> Option<V> {
        let kept = self.0.lock();
        let (at, value) = kept.get(key)?;
        (at.elapsed() < FRESH).then(|| value.clone())
    }

    fn put(&self, key: K, value: V) {
        let mut kept = self.0.lock();
        if kept.len() >= CAPACITY {
            kept.clear();
        }
        kept.insert(key, (Instant::now(), value));
    }
}

/// GitHub.
#[derive(Debug)]
pub struct GitHub {
    options: GitHubOptions,
    http: Client,
    users: Recent<[u8; 32], Option<ForgeUser>>,
    repositories: Recent<String, Option<Repository>>,
    roles: Recent<(u64, String), Option<RepoRole>>,
}

#[derive(Deserialize)]
struct Account {
    id: u64,
    login: String,
    email: Option<String>,
    avatar_url: Option<String>,
    r#type: Option<String>,
    role_name: Option<String>,
    permissions: Option<Permissions>,
}

/// Which of `admin`, `maintain`, `push`, `triage` and `pull` somebody has.
#[derive(Deserialize)]
#[serde(transparent)]
struct Permissions(BTreeMap<String, bool>);

#[derive(Deserialize)]
struct Found {
    id: u64,
    name: String,
    private: bool,
    owner: Account,
}

#[derive(Deserialize)]
struct Role {
    role_name: Option<String>,
    permission: String,
}

#[derive(Deserialize)]
struct State {
    role: String,
    state: String,
}

#[derive(Deserialize)]
struct Company {
    login: String,
    name: Option<String>,
    avatar_url: Option<String>,
}

#[derive(Deserialize)]
struct Installation {
    id: u64,
}

impl From<Account> for ForgeUser {
    fn from(account: Account) -> Self {
        Self {
            avatar: account.avatar_url.unwrap_or_else(|| avatar(account.id)),
            id: account.id,
            login: account.login,
            email: account.email,
        }
    }
}

impl Permissions {
    /// The highest role among them.
    fn role(&self) -> Option<RepoRole> {
        let held = self.0.iter().filter(|(_, held)| **held);
        held.filter_map(|(name, _)| RepoRole::parse(name)).max()
    }
}

impl GitHub {
    /// Asks with `options`.
    pub fn new(options: GitHubOptions) -> Result<Self, BadForge> {
        crate::provide_crypto();
        let client = Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::limited(3))
            .user_agent("coffer");
        let http = client
            .build()
            .map_err(|error| BadForge(format!("an HTTP client: {error}")))?;
        Ok(Self {
            options,
            http,
            users: Recent(Mutex::default()),
            repositories: Recent(Mutex::default()),
            roles: Recent(Mutex::default()),
        })
    }

    /// What there is at a path; `None` where GitHub knows of nothing, or not for this token.
    async fn ask<T: DeserializeOwned>(
        &self,
        token: &SecretValue,
        path: &str,
    ) -> Result<Option<T>, ForgeError> {
        let Ok(token) = std::str::from_utf8(token.reveal()) else {
            return Ok(None);
        };
        let broken = |error: reqwest::Error| ForgeError(error.without_url().to_string());
        let request = self.http.get(format!("{}{path}", self.options.api));
        let request = request
            .header("accept", "application/vnd.github+json")
            .bearer_auth(token);
        let answer = request.send().await.map_err(broken)?;
        match answer.status() {
            StatusCode::OK => Ok(Some(answer.json().await.map_err(broken)?)),
            StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND => Ok(None),
            other => Err(ForgeError(format!("it answers with status {other}"))),
        }
    }

    async fn about<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, ForgeError> {
        self.ask(&self.options.token, path).await
    }

    /// Whether somebody is a collaborator at all: for a public repository, GitHub tells everybody else's
    /// permission as `read`.
    async fn collaborates(&self, repository: &str, login: &str) -> Result<bool, ForgeError> {
        let broken = |error: reqwest::Error| ForgeError(error.without_url().to_string());
        let token = std::str::from_utf8(self.options.token.reveal()).unwrap_or_default();
        let url = format!("{}/repos/{repository}/collaborators/{login}", self.options.api);
        let answer = self
            .http
            .get(url)
            .bearer_auth(token)
            .send()
            .await
            .map_err(broken)?;
        match answer.status() {
            StatusCode::NO_CONTENT => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            other => Err(ForgeError(format!("it answers with status {other}"))),
        }
    }

    async fn role_now(&self, repository: &Repository, login: &str) -> Result<Option<RepoRole>, ForgeError> {
        let name = repository.full_name();
        if repository.owner.eq_ignore_ascii_case(login) {
            return Ok(Some(RepoRole::Admin));
        }
        if !self.collaborates(&name, login).await? {
            return Ok(None);
        }
        let role: Option<Role> = self
            .about(&format!("/repos/{name}/collaborators/{login}/permission"))
            .await?;
        Ok(role.and_then(|role| {
            let named = role.role_name.as_deref().and_then(RepoRole::parse);
            named.or_else(|| RepoRole::parse(&role.permission))
        }))
    }

    /// Everybody in an organization who has this role, from all pages.
    async fn of_role(&self, organization: &str, role: &str) -> Result<Vec<Account>, ForgeError> {
        let mut all: Vec<Account> = Vec::new();
        for page in 1..=MOST_PAGES {
            let path = format!("/orgs/{organization}/members?role={role}&per_page={PAGE}&page={page}");
            let found: Vec<Account> = self.about(&path).await?.unwrap_or_default();
            let complete = found.len() < PAGE;
            all.extend(found);
            if complete {
                return Ok(all);
            }
        }
        Err(ForgeError("the organization has too many members".to_owned()))
    }

    fn serves(&self, owner: &str) -> bool {
        self.options
            .owners
            .iter()
            .any(|served| served.eq_ignore_ascii_case(owner))
    }
}

#[async_trait]
impl Forge for GitHub {
    fn owners(&self) -> Vec<String> {
        self.options.owners.clone()
    }

    async fn user_by_token(&self, token: &SecretValue) -> Result<Option<ForgeUser>, ForgeError> {
        let key: [u8; 32] = Sha256::digest(token.reveal()).into();
        if let Some(known) = self.users.get(&key) {
            return Ok(known);
        }
        let found = self.ask::<Account>(token, "/user").await?.map(ForgeUser::from);
        self.users.put(key, found.clone());
        Ok(found)
    }

    async fn repository(&self, owner: &str, name: &str) -> Result<Option<Repository>, ForgeError> {
        if !self.serves(owner) {
            return Ok(None);
        }
        let key = format!("{owner}/{name}").to_ascii_lowercase();
        if let Some(known) = self.repositories.get(&key) {
            return Ok(known);
        }
        let found: Option<Found> = self.about(&format!("/repos/{owner}/{name}")).await?;
        let found = match found {
            // A repository that was moved answers under its new owner, who need not be served.
            Some(found) if self.serves(&found.owner.login) => {
                let path = format!("/repos/{owner}/{name}/installation");
                // The server's token may not be the app's: then it cannot know, and the app counts as there.
                let installed = self.about::<Installation>(&path).await;
                let installation = installed.map_or(Some(1), |found| found.map(|found| found.id));
                Some(Repository {
                    id: found.id,
                    owner_id: found.owner.id,
                    organization: found.owner.r#type.as_deref() == Some("Organization"),
                    owner: found.owner.login,
                    name: found.name,
                    private: found.private,
                    installation,
                })
            }
            _ => None,
        };
        self.repositories.put(key, found.clone());
        Ok(found)
    }

    async fn role(&self, repository: &Repository, login: &str) -> Result<Option<RepoRole>, ForgeError> {
        let key = (repository.id, login.to_ascii_lowercase());
        if let Some(known) = self.roles.get(&key) {
            return Ok(known);
        }
        let role = self.role_now(repository, login).await?;
        self.roles.put(key, role);
        Ok(role)
    }

    async fn collaborators(&self, repository: &Repository) -> Result<Vec<Collaborator>, ForgeError> {
        let path = format!("/repos/{}/collaborators?per_page=100", repository.full_name());
        let found: Option<Vec<Account>> = self.about(&path).await?;
        let one = |account: Account| {
            let named = account.role_name.as_deref().and_then(RepoRole::parse);
            let role = named.or_else(|| account.permissions.as_ref().and_then(Permissions::role));
            Collaborator {
                role: role.unwrap_or(RepoRole::Read),
                bot: account.r#type.as_deref() == Some("Bot"),
                user: account.into(),
            }
        };
        Ok(found.unwrap_or_default().into_iter().map(one).collect())
    }

    async fn membership(&self, organization: &str, login: &str) -> Result<Option<Membership>, ForgeError> {
        if !self.serves(organization) {
            return Ok(None);
        }
        let path = format!("/orgs/{organization}/memberships/{login}");
        let found: Option<State> = self.about(&path).await?;
        let active = found.filter(|member| member.state == "active");
        Ok(active.map(|member| match member.role.as_str() {
            "admin" => Membership::Owner,
            _ => Membership::Member,
        }))
    }

    async fn organizations(&self) -> Result<Vec<String>, ForgeError> {
        Ok(self.owners())
    }

    async fn organization(&self, login: &str) -> Result<Option<ForgeOrganization>, ForgeError> {
        if !self.serves(login) {
            return Ok(None);
        }
        let found: Option<Company> = self.about(&format!("/orgs/{login}")).await?;
        Ok(found.map(|found| ForgeOrganization {
            avatar: found.avatar_url.unwrap_or_else(|| picture(&found.login)),
            login: found.login,
            name: found.name.filter(|name| !name.is_empty()),
        }))
    }

    async fn members(&self, organization: &str) -> Result<Vec<Member>, ForgeError> {
        if !self.serves(organization) {
            return Ok(Vec::new());
        }
        let mut all = Vec::new();
        for (role, is) in [("admin", Membership::Owner), ("member", Membership::Member)] {
            let found = self.of_role(organization, role).await?;
            all.extend(found.into_iter().map(|account| Member {
                user: account.into(),
                is,
            }));
        }
        Ok(all)
    }
}

#[cfg(test)]
#[path = "github_tests.rs"]
mod tests;
