//! Railway's GraphQL API, with a token that its user made there. Variables are an environment's, or one service's
//! in it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use coffer_domain::{
    integration::{
        Access, Changes, Holder, Integration, Project, Provider, ProviderError, Target, Variables,
    },
    secret_value::SecretValue,
};
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use super::{PAGES, READING, WRITING, secret, text};
use crate::keyway::outbound::{Base, Fault, Line, within};

/// Whose variables Railway sets itself.
const OWN: &str = "RAILWAY_";

const ME: &str = "query { me { id name email } }";
const PROJECTS: &str = "query ($after: String) { projects(first: 50, after: $after) { \
    edges { node { id name createdAt \
    environments { edges { node { id name } } } \
    services { edges { node { id name repoTriggers { edges { node { repository } } } } } } } } \
    pageInfo { hasNextPage endCursor } } }";
const PROJECT: &str =
    "query ($id: String!) { project(id: $id) { environments { edges { node { id name } } } } }";
const VARIABLES: &str = "query ($projectId: String!, $environmentId: String!, $serviceId: String) { \
    variables(projectId: $projectId, environmentId: $environmentId, serviceId: $serviceId) }";
const UPSERT: &str =
    "mutation ($input: VariableCollectionUpsertInput!) { variableCollectionUpsert(input: $input) }";
const DELETE: &str = "mutation ($input: VariableDeleteInput!) { variableDelete(input: $input) }";

/// Railway.
#[derive(Debug)]
pub struct Railway {
    /// Where programs ask.
    pub api: Base,
    /// The line.
    pub line: Line,
}

#[derive(Deserialize)]
struct Answer<T> {
    data: Option<T>,
    #[serde(default)]
    errors: Vec<Complaint>,
}

#[derive(Deserialize)]
struct Complaint {
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Me {
    me: User,
}

#[derive(Deserialize)]
struct User {
    id: String,
    name: Option<String>,
    email: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    projects: Edges<Found>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Edges<T> {
    edges: Vec<Edge<T>>,
    page_info: Option<PageInfo>,
}

#[derive(Deserialize)]
struct Edge<T> {
    node: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    id: String,
    name: String,
    created_at: Option<Timestamp>,
    environments: Option<Edges<Named>>,
    services: Option<Edges<Service>>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Service {
    id: String,
    name: String,
    repo_triggers: Option<Edges<Trigger>>,
}

#[derive(Deserialize)]
struct Trigger {
    repository: Option<String>,
}

#[derive(Deserialize)]
struct OneProject {
    project: Option<Environments>,
}

#[derive(Deserialize)]
struct Environments {
    environments: Edges<Named>,
}

#[derive(Deserialize)]
struct Shown {
    variables: Option<BTreeMap<String, Text>>,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Text(#[serde(deserialize_with = "secret")] SecretValue);

impl<T> Edges<T> {
    fn nodes(self) -> impl Iterator<Item = T> {
        self.edges.into_iter().map(|edge| edge.node)
    }
}

impl Service {
    fn repository(&self) -> Option<&str> {
        let triggers = self.repo_triggers.as_ref()?;
        triggers
            .edges
            .iter()
            .find_map(|edge| edge.node.repository.as_deref())
    }
}

impl From<Found> for Project {
    fn from(found: Found) -> Self {
        let services: Vec<Service> = found.services.into_iter().flat_map(Edges::nodes).collect();
        // The service that is built from a repository is the one whose variables matter; else the first.
        let service = services.iter().find(|service| service.repository().is_some());
        let service = service.or_else(|| services.first());
        Self {
            id: found.id,
            name: found.name,
            linked_repo: service.and_then(Service::repository).map(str::to_owned),
            framework: None,
            environments: found
                .environments
                .map(|edges| edges.nodes().map(|named| named.name).collect()),
            service: service.map(|service| (service.id.clone(), service.name.clone())),
            created_at: found.created_at,
        }
    }
}

/// What a complaint comes to. Its words are not repeated.
fn fault(complaint: &Complaint) -> Fault {
    let said = complaint.message.to_ascii_lowercase();
    let about = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if about(&[
        "not authorized",
        "unauthorized",
        "unauthenticated",
        "invalid token",
    ]) {
        Fault::Refused
    } else if about(&["not found"]) {
        Fault::Missing
    } else if about(&["rate limit", "too many"]) {
        Fault::Limited
    } else {
        Fault::Broken("does not do what it was asked")
    }
}

impl Railway {
    async fn ask<T: DeserializeOwned>(
        &self,
        token: &SecretValue,
        query: &str,
        variables: Value,
    ) -> Result<T, Fault> {
        let url = self.api.at(&["graphql", "v2"], &[]);
        let body = json!({ "query": query, "variables": variables });
        let answer: Answer<T> = self.line.post(url, token, &body).await?;
        if let Some(complaint) = answer.errors.first() {
            return Err(fault(complaint));
        }
        answer
            .data
            .ok_or(Fault::Broken("answers with something that is not understood"))
    }

    async fn whose(&self, token: &SecretValue) -> Result<Holder, Fault> {
        let Me { me } = self.ask(token, ME, json!({})).await?;
        let login = me.email.as_deref().and_then(|email| email.split('@').next());
        Ok(Holder {
            username: me
                .name
                .or_else(|| login.map(str::to_owned))
                .unwrap_or_else(|| me.id.clone()),
            user: me.id,
            email: me.email,
            team: None,
            team_name: None,
        })
    }

    async fn all_projects(&self, access: &Access) -> Result<Vec<Project>, Fault> {
        let (mut all, mut after) = (Vec::new(), None::<String>);
        for _ in 0..PAGES {
            let Page { projects } = self
                .ask(&access.token, PROJECTS, json!({ "after": after }))
                .await?;
            let next = projects.page_info.as_ref().and_then(|page| {
                let more = page.has_next_page.then_some(page.end_cursor.clone());
                more.flatten()
            });
            all.extend(projects.nodes().map(Project::from));
            if next.is_none() {
                break;
            }
            after = next;
        }
        Ok(all)
    }

    /// The id of an environment, which people know by its name.
    async fn environment(&self, access: &Access, target: &Target) -> Result<Option<String>, Fault> {
        let found: OneProject = self
            .ask(&access.token, PROJECT, json!({ "id": target.project }))
            .await?;
        let mut all = found.project.ok_or(Fault::Missing)?.environments.nodes();
        let found = all.find(|named| named.name.eq_ignore_ascii_case(&target.environment));
        Ok(found.map(|named| named.id))
    }

    async fn shown(&self, access: &Access, target: &Target) -> Result<Variables, Fault> {
        // An environment that is not there yet has no variables.
        let Some(environment) = self.environment(access, target).await? else {
            return Ok(Variables::new());
        };
        let variables = Value::Object(whereabouts(target, &environment));
        let shown: Shown = self.ask(&access.token, VARIABLES, variables).await?;
        let shown = shown.variables.unwrap_or_default().into_iter();
        let others = shown.filter(|(name, _)| !name.starts_with(OWN));
        Ok(others.map(|(name, Text(value))| (name, Some(value))).collect())
    }

    async fn changed(&self, access: &Access, target: &Target, changes: &Changes) -> Result<(), Fault> {
        let environment = self.environment(access, target).await?.ok_or(Fault::Missing)?;
        let place = whereabouts(target, &environment);
        if !changes.set.is_empty() {
            let pairs = changes.set.iter();
            let variables: Map<String, Value> = pairs
                .map(|(name, value)| (name.clone(), json!(text(value))))
                .collect();
            let mut input = place.clone();
            input.insert("variables".to_owned(), Value::Object(variables));
            self.ask::<Value>(&access.token, UPSERT, json!({ "input": input }))
                .await?;
        }
        for name in &changes.remove {
            let mut input = place.clone();
            input.insert("name".to_owned(), json!(name));
            self.ask::<Value>(&access.token, DELETE, json!({ "input": input }))
                .await?;
        }
        Ok(())
    }
}

/// Where variables are, as queries and mutations name it.
fn whereabouts(target: &Target, environment: &str) -> Map<String, Value> {
    let mut place = Map::new();
    place.insert("projectId".to_owned(), json!(target.project));
    place.insert("environmentId".to_owned(), json!(environment));
    if let Some(service) = &target.service {
        place.insert("serviceId".to_owned(), json!(service));
    }
    place
}

const THIS: Provider = Provider::Railway;

#[async_trait]
impl Integration for Railway {
    fn configured(&self) -> bool {
        true
    }

    fn authorize_url(&self, _: &str, _: &str) -> Option<String> {
        None
    }

    async fn exchange(&self, _: &str, _: &str) -> Result<(SecretValue, Holder), ProviderError> {
        Err(ProviderError::Refused(THIS))
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
        let shown = within(READING, self.shown(access, target)).await;
        shown.map_err(|fault| fault.of(THIS))
    }

    async fn change(&self, access: &Access, target: &Target, changes: &Changes) -> Result<(), ProviderError> {
        let changed = within(WRITING, self.changed(access, target, changes)).await;
        changed.map_err(|fault| fault.of(THIS))
    }

    fn is_own(&self, name: &str) -> bool {
        name.starts_with(OWN)
    }
}
