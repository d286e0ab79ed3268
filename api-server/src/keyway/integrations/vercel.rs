//! Vercel's REST API. A variable there has one value for several environments at once: changing it in one of them
//! must leave the others as they are.

use async_trait::async_trait;
use coffer_domain::{
    integration::{
        Access, Changes, Holder, Integration, Project, Provider, ProviderError, Target, Variables,
    },
    secret_value::SecretValue,
};
use jiff::Timestamp;
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Application, Granted, PAGES, READING, WRITING, all, maybe_secret, text};
use crate::keyway::outbound::{Base, Fault, Line, within};

/// Whose variables Vercel sets itself.
const OWN: [&str; 2] = ["VERCEL_", "NEXT_PUBLIC_VERCEL_"];

/// Vercel.
#[derive(Debug)]
pub struct Vercel {
    /// Where people are sent.
    pub web: Base,
    /// Where programs ask.
    pub api: Base,
    /// The integration's name in its address.
    pub slug: String,
    /// Without, nobody can connect.
    pub application: Option<Application>,
    /// The line.
    pub line: Line,
}

#[derive(Deserialize)]
struct Whose {
    user: User,
}

#[derive(Deserialize)]
struct User {
    id: String,
    username: String,
    email: Option<String>,
}

#[derive(Deserialize)]
struct Team {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    projects: Vec<Found>,
    pagination: Option<Pagination>,
}

#[derive(Deserialize)]
struct Pagination {
    next: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    id: String,
    name: String,
    framework: Option<String>,
    link: Option<Linked>,
    created_at: Option<i64>,
}

#[derive(Deserialize)]
struct Linked {
    r#type: Option<String>,
    org: Option<String>,
    repo: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    envs: Vec<Variable>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Variable {
    id: String,
    key: String,
    #[serde(default, deserialize_with = "maybe_secret")]
    value: Option<SecretValue>,
    target: Option<Targets>,
    r#type: Option<String>,
    decrypted: Option<bool>,
    git_branch: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Targets {
    One(String),
    Many(Vec<String>),
}

impl Variable {
    fn targets(&self) -> &[String] {
        match &self.target {
            None => &[],
            Some(Targets::One(one)) => std::slice::from_ref(one),
            Some(Targets::Many(many)) => many,
        }
    }

    /// Whether it is set in an environment as a whole, not for one branch.
    fn is_in(&self, environment: &str) -> bool {
        let named = |target: &String| target.eq_ignore_ascii_case(environment);
        self.git_branch.is_none() && self.targets().iter().any(named)
    }

    /// The other environments that it is set in.
    fn elsewhere(&self, environment: &str) -> Vec<&String> {
        let other = |target: &&String| !target.eq_ignore_ascii_case(environment);
        self.targets().iter().filter(other).collect()
    }

    fn is_sensitive(&self) -> bool {
        matches!(self.r#type.as_deref(), Some("sensitive" | "secret"))
    }

    fn shown(self) -> Option<SecretValue> {
        let hidden = self.is_sensitive() || self.decrypted == Some(false);
        self.value.filter(|_| !hidden)
    }
}

impl From<Found> for Project {
    fn from(found: Found) -> Self {
        let repository = |link: Linked| match (link.r#type.as_deref(), link.org, link.repo) {
            (Some("github"), Some(org), Some(repo)) => Some(format!("{org}/{repo}")),
            _ => None,
        };
        Self {
            id: found.id,
            name: found.name,
            linked_repo: found.link.and_then(repository),
            framework: found.framework,
            environments: None,
            service: None,
            created_at: found
                .created_at
                .and_then(|millis| Timestamp::from_millisecond(millis).ok()),
        }
    }
}

/// `teamId`, where the token is a team's.
fn team(access: &Access) -> Vec<(&str, &str)> {
    access.team.iter().map(|team| ("teamId", team.as_str())).collect()
}

impl Vercel {
    async fn whose(&self, token: &SecretValue, team: Option<String>) -> Result<Holder, Fault> {
        let Whose { user } = self.line.get(self.api.at(&["v2", "user"], &[]), token).await?;
        let team_name = match &team {
            Some(id) => {
                let found: Team = self
                    .line
                    .get(self.api.at(&["v2", "teams", id], &[]), token)
                    .await?;
                found.name
            }
            None => None,
        };
        Ok(Holder {
            user: user.id,
            username: user.username,
            email: user.email,
            team,
            team_name,
        })
    }

    async fn granted(&self, code: &str, callback: &str) -> Result<(SecretValue, Holder), Fault> {
        let Some(application) = &self.application else {
            return Err(Fault::Refused);
        };
        let form = [
            ("client_id", application.id.as_str()),
            ("client_secret", application.secret()),
            ("code", code),
            ("redirect_uri", callback),
        ];
        let url = self.api.at(&["v2", "oauth", "access_token"], &[]);
        let granted: Granted = self.line.form(url, &form).await?;
        let holder = self.whose(&granted.access_token, granted.team_id).await?;
        Ok((granted.access_token, holder))
    }

    async fn all_projects(&self, access: &Access) -> Result<Vec<Project>, Fault> {
        let (mut all, mut until) = (Vec::new(), None::<String>);
        for _ in 0..PAGES {
            let mut query = team(access);
            query.push(("limit", "100"));
            query.extend(until.as_deref().map(|until| ("until", until)));
            let page: Page = self
                .line
                .get(self.api.at(&["v9", "projects"], &query), &access.token)
                .await?;
            all.extend(page.projects.into_iter().map(Project::from));
            let next = page.pagination.and_then(|pagination| pagination.next);
            let Some(next) = next else {
                break;
            };
            until = Some(next.to_string());
        }
        Ok(all)
    }

    async fn listed(&self, access: &Access, project: &str) -> Result<Vec<Variable>, Fault> {
        let mut query = team(access);
        query.push(("decrypt", "true"));
        let url = self.api.at(&["v10", "projects", project, "env"], &query);
        let Listed { envs } = self.line.get(url, &access.token).await?;
        Ok(envs)
    }

    fn one(&self, access: &Access, target: &Target, id: &str) -> Url {
        self.api
            .at(&["v10", "projects", &target.project, "env", id], &team(access))
    }

    async fn patch(&self, access: &Access, url: Url, body: &Value) -> Result<(), Fault> {
        self.line
            .tell(Method::PATCH, url, &access.token, Some(body))
            .await
    }

    async fn set(
        &self,
        (access, target): (&Access, &Target),
        there: Option<&Variable>,
        (name, value): &(String, SecretValue),
    ) -> Result<(), Fault> {
        if let Some(there) = there {
            let (url, elsewhere) = (
                self.one(access, target, &there.id),
                there.elsewhere(&target.environment),
            );
            if elsewhere.is_empty() {
                let mut body = json!({ "value": text(value) });
                if !there.is_sensitive() {
                    body["type"] = json!("encrypted");
                }
                return self.patch(access, url, &body).await;
            }
            self.patch(access, url, &json!({ "target": elsewhere })).await?;
        }
        let url = self
            .api
            .at(&["v10", "projects", &target.project, "env"], &team(access));
        let body = json!({
            "key": name,
            "value": text(value),
            "type": "encrypted",
            "target": [target.environment],
        });
        self.line
            .tell(Method::POST, url, &access.token, Some(&body))
            .await
    }

    async fn remove(&self, access: &Access, target: &Target, there: &Variable) -> Result<(), Fault> {
        let (url, elsewhere) = (
            self.one(access, target, &there.id),
            there.elsewhere(&target.environment),
        );
        if elsewhere.is_empty() {
            return self
                .line
                .tell::<Value>(Method::DELETE, url, &access.token, None)
                .await;
        }
        self.patch(access, url, &json!({ "target": elsewhere })).await
    }

    async fn changed(&self, access: &Access, target: &Target, changes: &Changes) -> Result<(), Fault> {
        let there = self.listed(access, &target.project).await?;
        let find = |name: &str| {
            let here = |one: &&Variable| one.key == name && one.is_in(&target.environment);
            there.iter().find(here)
        };
        let mut set = Vec::with_capacity(changes.set.len());
        for pair in &changes.set {
            set.push(self.set((access, target), find(&pair.0), pair));
        }
        all(set).await?;
        let mut remove = Vec::with_capacity(changes.remove.len());
        for name in &changes.remove {
            remove.extend(find(name).map(|variable| self.remove(access, target, variable)));
        }
        all(remove).await
    }
}

const THIS: Provider = Provider::Vercel;

#[async_trait]
impl Integration for Vercel {
    fn configured(&self) -> bool {
        self.application.is_some()
    }

    fn authorize_url(&self, state: &str, _: &str) -> Option<String> {
        let url = self
            .web
            .at(&["integrations", &self.slug, "new"], &[("state", state)]);
        Some(url.into())
    }

    async fn exchange(&self, code: &str, callback: &str) -> Result<(SecretValue, Holder), ProviderError> {
        let granted = within(READING, self.granted(code, callback)).await;
        granted.map_err(|fault| fault.of(THIS))
    }

    async fn holder(&self, token: &SecretValue) -> Result<Holder, ProviderError> {
        let whose = within(READING, self.whose(token, None)).await;
        whose.map_err(|fault| fault.of(THIS))
    }

    async fn projects(&self, access: &Access) -> Result<Vec<Project>, ProviderError> {
        let found = within(READING, self.all_projects(access)).await;
        found.map_err(|fault| fault.of(THIS))
    }

    async fn variables(&self, access: &Access, target: &Target) -> Result<Variables, ProviderError> {
        let listed = within(READING, self.listed(access, &target.project)).await;
        let listed = listed.map_err(|fault| fault.of(THIS))?.into_iter();
        let here =
            listed.filter(|variable| variable.is_in(&target.environment) && !self.is_own(&variable.key));
        Ok(here
            .map(|variable| (variable.key.clone(), variable.shown()))
            .collect())
    }

    async fn change(&self, access: &Access, target: &Target, changes: &Changes) -> Result<(), ProviderError> {
        let changed = within(WRITING, self.changed(access, target, changes)).await;
        changed.map_err(|fault| fault.of(THIS))
    }

    fn is_own(&self, name: &str) -> bool {
        OWN.iter().any(|prefix| name.starts_with(prefix))
    }
}
