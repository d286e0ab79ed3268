//! The routes, as one table: the router, the OpenAPI document and the tests of rights are made from it. Paths are
//! without the trailing slash that the product documents; both are answered.

pub mod audit_logs;
pub mod auth;
pub mod environments;
pub mod members;
pub mod organizations;
pub mod projects;
pub mod system;
pub mod variables;

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    http::{HeaderValue, StatusCode, header::ALLOW},
    routing::{MethodRouter, options},
};
use coffer_domain::usecase::keynest::Role;

use super::error::Failure;
use crate::{
    app::App,
    http::{query::Query, respond},
};

/// The longest description, in characters.
const LONGEST_DESCRIPTION: usize = 10_000;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Open,
    /// Anybody with a token.
    Signed,
    /// Those with this role or a higher one; those without any are answered with this status.
    Part(Role, u16),
}

/// One endpoint.
pub struct Route {
    /// `GET`.
    pub method: &'static str,
    /// In axum's terms.
    pub path: &'static str,
    /// The status of success.
    pub success: u16,
    /// Who may use it.
    pub access: Access,
    /// What it does, as one phrase.
    pub summary: &'static str,
    /// The names of what its body, or its query where it has no body, holds; required ones end in `!`.
    pub takes: &'static [&'static str],
    handler: MethodRouter<Arc<App>>,
}

impl Route {
    fn new(
        (method, path, success): (&'static str, &'static str, u16),
        access: Access,
        summary: &'static str,
        takes: &'static [&'static str],
        handler: MethodRouter<Arc<App>>,
    ) -> Self {
        Self {
            method,
            path,
            success,
            access,
            summary,
            takes,
            handler,
        }
    }
}

/// Every route of this door.
pub fn all() -> Vec<Route> {
    let nouns = [
        system::routes,
        auth::routes,
        organizations::routes,
        members::routes,
        projects::routes,
        environments::routes,
        variables::routes,
        audit_logs::routes,
    ];
    nouns.into_iter().flat_map(|routes| routes()).collect()
}

/// This door's router. Every path says what it allows.
pub fn router() -> Router<Arc<App>> {
    let mut allowed: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut router = Router::new();
    for route in all() {
        allowed.entry(route.path).or_default().push(route.method);
        router = router.route(route.path, route.handler);
    }
    for (path, mut methods) in allowed {
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.push("OPTIONS");
        methods.sort_unstable();
        let allow = HeaderValue::from_str(&methods.join(", ")).ok();
        let answer = async move || {
            let mut response = respond::empty(StatusCode::OK);
            response.headers_mut().extend(allow.map(|allow| (ALLOW, allow)));
            response
        };
        router = router.route(path, options(answer));
    }
    router
}

/// A number that a list is filtered by.
fn number(query: &Query<'_>, name: &'static str) -> Result<Option<u64>, Failure> {
    let wrong = || Failure::field(name, "A valid integer is required.");
    let read = |text: &str| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten().ok_or_else(wrong)
    };
    let text = query.text(name).filter(|text| !text.is_empty());
    text.map(read).transpose()
}
