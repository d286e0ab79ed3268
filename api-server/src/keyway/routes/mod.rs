//! The routes, as one table: the router, the OpenAPI document and the tests of rights are made from it. One
//! endpoint, one file: `<noun>/<verb>.rs`.

pub mod activity;
pub mod api_keys;
pub mod auth;
pub mod bulk;
pub mod environments;
pub mod github;
pub mod health;
pub mod integrations;
pub mod orgs;
pub mod overrides;
pub mod secrets;
pub mod security;
pub mod trash;
pub mod users;
pub mod vaults;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{FromRequest, Request},
    http::HeaderMap,
    routing::{MethodRouter, get},
};
use coffer_domain::repo_role::{RepoRole, Scope};
use serde_json::Value;

use super::error::Problem;
use crate::{
    app::App,
    http::{body, fields::Fields},
};

/// Where all paths of this door start.
pub const BASE: &str = "/v1";

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Open,
    /// Anybody with a token; a key needs the scope.
    Signed(Option<Scope>),
    /// Those with this role or a higher one on the repository in the path or the body; a key needs the scope.
    Vault(RepoRole, Scope),
}

/// One endpoint.
pub struct Route {
    /// `GET`.
    pub method: &'static str,
    /// Under [`BASE`], in axum's terms.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    /// What it does, as one phrase.
    pub summary: &'static str,
    /// The status of success.
    pub success: u16,
    /// The names of what its body, or its query where it has no body, holds; required ones end in `!`.
    pub takes: &'static [&'static str],
    handler: MethodRouter<Arc<App>>,
}

impl Route {
    fn new(
        (method, path): (&'static str, &'static str),
        (access, success): (Access, u16),
        summary: &'static str,
        takes: &'static [&'static str],
        handler: MethodRouter<Arc<App>>,
    ) -> Self {
        Self {
            method,
            path,
            access,
            summary,
            success,
            takes,
            handler,
        }
    }
}

/// Every route of this door.
pub fn all() -> Vec<Route> {
    let health = Route::new(
        ("GET", "/health"),
        (Access::Open, 200),
        "says that the server answers",
        &[],
        get(health::health),
    );
    let mut routes = vec![health];
    for of_noun in [
        auth::routes,
        vaults::routes,
        secrets::routes,
        trash::routes,
        bulk::routes,
        environments::routes,
        overrides::routes,
        users::routes,
        api_keys::routes,
        github::routes,
        integrations::routes,
        security::routes,
        orgs::routes,
    ] {
        routes.extend(of_noun());
    }
    routes
}

/// This door's router.
pub fn router() -> Router<Arc<App>> {
    let mount = |router: Router<Arc<App>>, route: Route| {
        router.route(&format!("{BASE}{}", route.path), route.handler)
    };
    all()
        .into_iter()
        .fold(Router::new(), mount)
        .route("/health", get(health::whole))
}

/// A body that is read once the rights are known.
pub struct Unread {
    headers: HeaderMap,
    body: Body,
}

impl FromRequest<Arc<App>> for Unread {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Arc<App>) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        Ok(Self {
            headers: parts.headers,
            body,
        })
    }
}

impl Unread {
    /// The body as a JSON object, whatever its `Content-Type` says; an empty one is `{}`.
    pub async fn fields(self) -> Result<Fields, Problem> {
        match body::tree(&self.headers, self.body).await? {
            Value::Null => Ok(Fields::default()),
            tree => Ok(Fields::of(tree)?),
        }
    }

    /// The body as a `T`.
    pub async fn json<T: serde::de::DeserializeOwned>(self) -> Result<T, Problem> {
        Ok(body::json(&self.headers, self.body).await?)
    }

    /// The body as it came, of at most `longest` bytes.
    pub async fn bytes(self, longest: usize) -> Result<(HeaderMap, bytes::Bytes), Problem> {
        let read = axum::body::to_bytes(self.body, longest).await;
        let bytes = read.map_err(|_| Problem::field("body", "could not be read, or is too long"))?;
        Ok((self.headers, bytes))
    }
}
