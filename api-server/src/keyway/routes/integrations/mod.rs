//! `/integrations`: connections with hosting providers, and copies between their environments and a vault's.

mod all_projects;
mod asked;
mod authorize;
mod callback;
mod connect;
mod connections;
mod diff;
mod disconnect;
mod link;
mod list;
mod preview;
mod projects;
mod status;
mod sync;

use axum::routing::{delete, get, post};
use coffer_domain::{
    id::RecordId,
    integration::Provider,
    repo_role::{RepoRole, Scope},
};

use super::{Access, Route};
use crate::keyway::{auth::Signed, error::Problem};

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    let reads = (Access::Signed(Some(Scope::ReadSecrets)), 200);
    let writes = Access::Signed(Some(Scope::WriteSecrets));
    let mut routes = vec![
        Route::new(
            ("GET", "/integrations"),
            (Access::Open, 200),
            "lists the hosting providers",
            &[],
            get(list::list),
        ),
        Route::new(
            ("GET", "/integrations/connections"),
            reads,
            "lists one's connections",
            &[],
            get(connections::list),
        ),
        Route::new(
            ("DELETE", "/integrations/connections/{id}"),
            (writes, 204),
            "ends a connection",
            &[],
            delete(disconnect::disconnect),
        ),
        Route::new(
            ("GET", "/integrations/connections/{id}/projects"),
            reads,
            "lists the projects of a connection",
            &[],
            get(projects::list),
        ),
        Route::new(
            ("GET", "/integrations/providers/{provider}/all-projects"),
            reads,
            "lists the projects of all one's connections with a provider",
            &[],
            get(all_projects::list),
        ),
    ];
    routes.extend(of_connecting());
    routes.extend(of_vaults());
    routes
}

/// The routes by which connections are made.
fn of_connecting() -> Vec<Route> {
    let writes = Access::Signed(Some(Scope::WriteSecrets));
    vec![
        Route::new(
            ("GET", "/integrations/{provider}/authorize"),
            (writes, 302),
            "sends a browser to a provider for consent",
            &["redirect_uri"],
            get(authorize::authorize),
        ),
        Route::new(
            ("GET", "/integrations/{provider}/callback"),
            (Access::Open, 200),
            "takes a browser back that a provider sends",
            &["code", "state", "error"],
            get(callback::callback),
        ),
        Route::new(
            ("POST", "/integrations/{provider}/connect"),
            (writes, 200),
            "connects with a provider by a token",
            &["token!"],
            post(connect::connect),
        ),
    ]
}

/// Names of what a copy takes.
const COPY: &[&str] = &[
    "connectionId!",
    "projectId!",
    "keywayEnvironment",
    "providerEnvironment",
    "direction",
    "allowDelete",
    "serviceId",
];
const PAIR: &[&str] = &[
    "connectionId!",
    "projectId!",
    "keywayEnvironment",
    "providerEnvironment",
    "serviceId",
];

/// The routes that are about a vault.
fn of_vaults() -> Vec<Route> {
    let reads = (Access::Vault(RepoRole::Read, Scope::ReadSecrets), 200);
    vec![
        Route::new(
            ("GET", "/integrations/vaults/{owner}/{repo}/sync/status"),
            reads,
            "tells how a vault and a project stand to one another",
            &["connectionId!", "projectId!", "environment", "serviceId"],
            get(status::status),
        ),
        Route::new(
            ("GET", "/integrations/vaults/{owner}/{repo}/sync/preview"),
            reads,
            "tells what a copy would do",
            COPY,
            get(preview::preview),
        ),
        Route::new(
            ("POST", "/integrations/vaults/{owner}/{repo}/sync"),
            reads,
            "copies to a provider, or imports from it",
            COPY,
            post(sync::sync),
        ),
        Route::new(
            ("GET", "/integrations/vaults/{owner}/{repo}/sync/diff"),
            reads,
            "tells how two environments differ",
            PAIR,
            get(diff::diff),
        ),
        Route::new(
            ("POST", "/integrations/vaults/{owner}/{repo}/sync/link"),
            reads,
            "links two environments",
            PAIR,
            post(link::link),
        ),
    ]
}

/// The provider in the path.
fn provider(signed: &Signed) -> Result<Provider, Problem> {
    Provider::parse(signed.param("provider")).ok_or_else(|| Problem::missing("provider"))
}

/// The connection in the path. What is no id is none's.
fn connection(signed: &Signed) -> Result<RecordId, Problem> {
    signed
        .param("id")
        .parse()
        .map_err(|_| Problem::missing("connection"))
}
