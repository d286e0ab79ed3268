//! Netlify's REST API. A variable there has a value for each deploy context, or one for all of them, which must not
//! vanish from the others when it is taken from one.

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

/// A value for every context.
const ALL: &str = "all";
/// The contexts that such a value stands for.
const CONTEXTS: [&str; 4] = ["production", "deploy-preview", "branch-deploy", "dev"];
const PAGE: usize = 100;

/// Netlify.
#[derive(Debug)]
pub struct Netlify {
    /// Where people are sent.
    pub web: Base,
    /// Where programs ask.
    pub api: Base,
    /// Without, nobody can connect.
    pub application: Option<Application>,
    /// The line.
    pub line: Line,
}

#[derive(Deserialize)]
struct User {
    id: String,
    slug: Option<String>,
    full_name: Option<String>,
    email: Option<String>,
}

#[derive(Deserialize)]
struct Site {
    id: String,
    name: String,
    account_id: Option<String>,
    build_settings: Option<Build>,
    created_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Build {
    repo_url: Option<String>,
}

#[derive(Deserialize)]
struct Variable {
    key: String,
    #[serde(default)]
    values: Vec<Valued>,
    #[serde(default)]
    is_secret: bool,
}

#[derive(Deserialize)]
struct Valued {
    id: Option<String>,
    #[serde(default, deserialize_with = "maybe_secret")]
    value: Option<SecretValue>,
    context: String,
    /// Which branch, where the context is a branch.
    context_parameter: Option<String>,
}

impl Variable {
    /// Its value in a context, by itself or by that of all contexts.
    fn in_context(&self, context: &str) -> Option<&Valued> {
        let named = |name: &str| self.values.iter().find(|valued| valued.context == name);
        named(context).or_else(|| named(ALL))
    }
}

impl From<Site> for Project {
    fn from(site: Site) -> Self {
        let repository = |build: Build| {
            let path = build.repo_url?;
            let path = path.strip_prefix("https://github.com/")?;
            Some(path.trim_end_matches('/').trim_end_matches(".git").to_owned())
        };
        Self {
            id: site.id,
            name: site.name,
            linked_repo: site.build_settings.and_then(repository),
            framework: None,
            environments: None,
            service: None,
            created_at: site.created_at,
        }
    }
}

impl Netlify {
    fn v1(&self, segments: &[&str], query: &[(&str, &str)]) -> Url {
        let path: Vec<&str> = ["api", "v1"].iter().chain(segments).copied().collect();
        self.api.at(&path, query)
    }

    async fn whose(&self, token: &SecretValue) -> Result<Holder, Fault> {
        let user: User = self.line.get(self.v1(&["user"], &[]), token).await?;
        let username = user.slug.or(user.full_name).or_else(|| user.email.clone());
        Ok(Holder {
            username: username.unwrap_or_else(|| user.id.clone()),
            user: user.id,
            email: user.email,
            team: None,
            team_name: None,
        })
    }

    async fn granted(&self, code: &str, callback: &str) -> Result<(SecretValue, Holder), Fault> {
        let Some(application) = &self.application else {
            return Err(Fault::Refused);
        };
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", application.id.as_str()),
            ("client_secret", application.secret()),
            ("redirect_uri", callback),
        ];
        let granted: Granted = self
            .line
            .form(self.api.at(&["oauth", "token"], &[]), &form)
            .await?;
        let holder = self.whose(&granted.access_token).await?;
        Ok((granted.access_token, holder))
    }

    async fn all_projects(&self, access: &Access) -> Result<Vec<Project>, Fault> {
        let (mut found, size) = (Vec::new(), PAGE.to_string());
        for number in 1..=PAGES {
            let number = number.to_string();
            let query = [("page", number.as_str()), ("per_page", size.as_str())];
            let page: Vec<Site> = self.line.get(self.v1(&["sites"], &query), &access.token).await?;
            let complete = page.len() < PAGE;
            found.extend(page.into_iter().map(Project::from));
            if complete {
                break;
            }
        }
        Ok(found)
    }

    /// The account that a site belongs to: variables are kept there.
    async fn account(&self, access: &Access, target: &Target) -> Result<String, Fault> {
        let url = self.v1(&["sites", &target.project], &[]);
        let site: Site = self.line.get(url, &access.token).await?;
        site.account_id
            .ok_or(Fault::Broken("does not tell whose the site is"))
    }

    fn env(&self, account: &str, rest: &[&str], target: &Target) -> Url {
        let path: Vec<&str> = ["accounts", account, "env"].iter().chain(rest).copied().collect();
        self.v1(&path, &[("site_id", target.project.as_str())])
    }

    async fn listed(&self, access: &Access, target: &Target) -> Result<(String, Vec<Variable>), Fault> {
        let account = self.account(access, target).await?;
        let listed = self
            .line
            .get(self.env(&account, &[], target), &access.token)
            .await?;
        Ok((account, listed))
    }

    async fn create(
        &self,
        access: &Access,
        (account, target): (&str, &Target),
        new: &[&(String, SecretValue)],
    ) -> Result<(), Fault> {
        if new.is_empty() {
            return Ok(());
        }
        let one = |(name, value): &&(String, SecretValue)| json!({ "key": name, "values": [{ "context": target.environment, "value": text(value) }] });
        let body: Vec<Value> = new.iter().map(one).collect();
        let url = self.env(account, &[], target);
        self.line
            .tell(Method::POST, url, &access.token, Some(&body))
            .await
    }

    async fn update(
        &self,
        access: &Access,
        (account, target): (&str, &Target),
        (name, value): &(String, SecretValue),
    ) -> Result<(), Fault> {
        let body = json!({ "context": target.environment, "value": text(value) });
        let url = self.env(account, &[name], target);
        self.line
            .tell(Method::PATCH, url, &access.token, Some(&body))
            .await
    }

    async fn remove(
        &self,
        access: &Access,
        (account, target): (&str, &Target),
        variable: &Variable,
    ) -> Result<(), Fault> {
        let Some(valued) = variable.in_context(&target.environment) else {
            return Ok(());
        };
        let gone = |url| self.line.tell::<Value>(Method::DELETE, url, &access.token, None);
        if valued.context == ALL {
            let body = narrowed(variable, valued, &target.environment)?;
            let url = self.env(account, &[&variable.key], target);
            return self.line.tell(Method::PUT, url, &access.token, Some(&body)).await;
        }
        match &valued.id {
            Some(id) if variable.values.len() > 1 => {
                gone(self.env(account, &[&variable.key, "value", id], target)).await
            }
            _ => gone(self.env(account, &[&variable.key], target)).await,
        }
    }

    async fn changed(&self, access: &Access, target: &Target, changes: &Changes) -> Result<(), Fault> {
        let (account, there) = self.listed(access, target).await?;
        let place = (account.as_str(), target);
        let find = |name: &str| there.iter().find(|variable| variable.key == name);
        let (known, new): (Vec<_>, Vec<_>) = changes.set.iter().partition(|(name, _)| find(name).is_some());
        self.create(access, place, &new).await?;
        let mut update = Vec::with_capacity(known.len());
        for pair in known {
            update.push(self.update(access, place, pair));
        }
        all(update).await?;
        let mut remove = Vec::with_capacity(changes.remove.len());
        for name in &changes.remove {
            remove.extend(find(name).map(|variable| self.remove(access, place, variable)));
        }
        all(remove).await
    }
}

/// A variable whose value for all contexts stays in all but one.
fn narrowed(variable: &Variable, all: &Valued, without: &str) -> Result<Value, Fault> {
    const HIDDEN: Fault = Fault::Broken("does not show a value that must stay in other contexts");
    let mut values = Vec::new();
    for valued in variable.values.iter().filter(|valued| valued.context != ALL) {
        let value = valued.value.as_ref().ok_or(HIDDEN)?;
        values.push(json!({
            "context": valued.context,
            "context_parameter": valued.context_parameter,
            "value": text(value),
        }));
    }
    let value = all.value.as_ref().filter(|_| !variable.is_secret).ok_or(HIDDEN)?;
    let own = |context: &&str| variable.values.iter().any(|valued| valued.context == **context);
    for context in CONTEXTS
        .iter()
        .filter(|context| **context != without && !own(context))
    {
        values.push(json!({ "context": context, "value": text(value) }));
    }
    Ok(json!({ "key": variable.key, "values": values }))
}

const THIS: Provider = Provider::Netlify;

#[async_trait]
impl Integration for Netlify {
    fn configured(&self) -> bool {
        self.application.is_some()
    }

    fn authorize_url(&self, state: &str, callback: &str) -> Option<String> {
        let id = self.application.as_ref().map_or("", |found| found.id.as_str());
        let query = [
            ("client_id", id),
            ("response_type", "code"),
            ("redirect_uri", callback),
            ("state", state),
        ];
        Some(self.web.at(&["authorize"], &query).into())
    }

    async fn exchange(&self, code: &str, callback: &str) -> Result<(SecretValue, Holder), ProviderError> {
        let granted = within(READING, self.granted(code, callback)).await;
        granted.map_err(|fault| fault.of(THIS))
    }

    async fn holder(&self, token: &SecretValue) -> Result<Holder, ProviderError> {
        let whose = within(READING, self.whose(token)).await;
        whose.map_err(|fault| fault.of(THIS))
    }

    async fn projects(&self, access: &Access) -> Result<Vec<Project>, ProviderError> {
        let found = within(READING, self.all_projects(access)).await;
        found.map_err(|fault| fault.of(THIS))
    }

    async fn variables(&self, access: &Access, target: &Target) -> Result<Variables, ProviderError> {
        let listed = within(READING, self.listed(access, target)).await;
        let (_, listed) = listed.map_err(|fault| fault.of(THIS))?;
        let here = listed.iter().filter_map(|variable| {
            let valued = variable.in_context(&target.environment)?;
            let shown = valued.value.clone().filter(|_| !variable.is_secret);
            Some((variable.key.clone(), shown))
        });
        Ok(here.collect())
    }

    async fn change(&self, access: &Access, target: &Target, changes: &Changes) -> Result<(), ProviderError> {
        let changed = within(WRITING, self.changed(access, target, changes)).await;
        changed.map_err(|fault| fault.of(THIS))
    }

    fn is_own(&self, _: &str) -> bool {
        false
    }
}
