//! The endpoints, in one table: the router, the document and the tests of rights are made from it.

mod data;
mod list;
mod login;
mod metadata;
mod subkeys;
mod sys;
mod token;
mod versions;
mod wrapping;

use std::sync::Arc;

use axum::{
    Router,
    response::Response,
    routing::{MethodRouter, delete, get, patch, put},
};
use coffer_domain::{Error, rights::Permission};

use super::{envelope, error::Fault};
use crate::app::App;

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Anybody.
    Nothing,
    /// The holder of any token.
    Token,
    /// Somebody with this right on what it is about.
    Right(Permission),
}

/// One endpoint.
pub struct Route {
    /// `GET`; of `PUT` and `POST`, which are one here, `POST`.
    pub method: &'static str,
    /// With its parameters.
    pub path: &'static str,
    /// Who may ask.
    pub asks: Asks,
    /// What it does, as one phrase.
    pub summary: &'static str,
    /// What its body, or its query where it has no body, holds.
    pub takes: &'static [&'static str],
    handler: MethodRouter<Arc<App>>,
}

/// Every route of this door.
pub fn all() -> Vec<Route> {
    let mut routes = of_values();
    routes.extend(of_paths());
    routes.extend(of_tokens());
    routes.extend(of_logins());
    routes.extend(of_wrapping());
    routes.extend(of_server());
    routes
}

type At = (&'static str, &'static str, Asks);

fn route(
    (method, path, asks): At,
    summary: &'static str,
    takes: &'static [&'static str],
    handler: MethodRouter<Arc<App>>,
) -> Route {
    Route {
        method,
        path,
        asks,
        summary,
        takes,
        handler,
    }
}

const READ: Asks = Asks::Right(Permission::Read);
const LIST: Asks = Asks::Right(Permission::List);
const WRITE: Asks = Asks::Right(Permission::Write);
const DELETE: Asks = Asks::Right(Permission::Delete);
const DESTROY: Asks = Asks::Right(Permission::Destroy);

const DATA: &str = "/v1/{mount}/data/{*path}";

/// What reads and writes values, and moves versions.
fn of_values() -> Vec<Route> {
    vec![
        route(
            ("GET", DATA, READ),
            "reads a value",
            &["version"],
            get(data::read),
        ),
        route(
            ("POST", DATA, WRITE),
            "writes a new version",
            &["data", "options"],
            put(data::write).post(data::write),
        ),
        route(
            ("PATCH", DATA, WRITE),
            "writes a new version with some members changed",
            &["data", "options"],
            patch(data::patch),
        ),
        route(
            ("DELETE", DATA, DELETE),
            "deletes the newest version",
            &[],
            delete(data::delete),
        ),
        route(
            ("GET", "/v1/{mount}/subkeys/{*path}", READ),
            "reads the keys of a value, without what they hold",
            &["version", "depth"],
            get(subkeys::read),
        ),
        route(
            ("POST", "/v1/{mount}/delete/{*path}", DELETE),
            "deletes versions",
            &["versions"],
            put(versions::delete).post(versions::delete),
        ),
        route(
            ("POST", "/v1/{mount}/undelete/{*path}", DELETE),
            "makes deleted versions readable again",
            &["versions"],
            put(versions::undelete).post(versions::undelete),
        ),
        route(
            ("POST", "/v1/{mount}/destroy/{*path}", DESTROY),
            "erases versions",
            &["versions"],
            put(versions::destroy).post(versions::destroy),
        ),
    ]
}

const PATH: &str = "/v1/{mount}/metadata/{*path}";
const SAYS: &[&str] = &[
    "max_versions",
    "cas_required",
    "delete_version_after",
    "custom_metadata",
];

/// What is about paths.
fn of_paths() -> Vec<Route> {
    vec![
        route(
            ("GET", "/v1/{mount}/metadata", LIST),
            "lists a mount",
            &["list", "after", "limit"],
            get(metadata::root).fallback(metadata::other),
        ),
        route(
            ("GET", PATH, LIST),
            "shows a path without its values, or lists what lies below it",
            &["list", "after", "limit"],
            get(metadata::read).fallback(metadata::other),
        ),
        route(
            ("POST", PATH, WRITE),
            "says how many versions are kept, and whatever else its clients say of a path",
            SAYS,
            put(metadata::write).post(metadata::write),
        ),
        route(
            ("PATCH", PATH, WRITE),
            "changes part of that",
            SAYS,
            patch(metadata::patch),
        ),
        route(
            ("DELETE", PATH, DESTROY),
            "erases a path with all its versions",
            &[],
            delete(metadata::delete),
        ),
    ]
}

/// What is about the sender's token.
fn of_tokens() -> Vec<Route> {
    const TOKEN: Asks = Asks::Token;
    vec![
        route(
            ("GET", "/v1/auth/token/lookup-self", TOKEN),
            "shows the token to its holder",
            &[],
            get(token::lookup_self),
        ),
        route(
            ("POST", "/v1/auth/token/renew-self", TOKEN),
            "lets the token of a login last longer",
            &["increment"],
            put(token::renew_self).post(token::renew_self),
        ),
        route(
            ("POST", "/v1/auth/token/revoke-self", TOKEN),
            "ends the token",
            &[],
            put(token::revoke_self).post(token::revoke_self),
        ),
    ]
}

/// What is about answers that were put away. Their tokens are all that it takes.
fn of_wrapping() -> Vec<Route> {
    const NOTHING: Asks = Asks::Nothing;
    vec![
        route(
            ("POST", "/v1/sys/wrapping/wrap", Asks::Token),
            "puts what the body holds away for whoever holds the token that it answers",
            &[],
            put(wrapping::wrap).post(wrapping::wrap),
        ),
        route(
            ("POST", "/v1/sys/wrapping/unwrap", NOTHING),
            "gives an answer that was put away, once",
            &["token"],
            put(wrapping::unwrap).post(wrapping::unwrap),
        ),
        route(
            ("POST", "/v1/sys/wrapping/rewrap", NOTHING),
            "puts it away under another token",
            &["token"],
            put(wrapping::rewrap).post(wrapping::rewrap),
        ),
        route(
            ("POST", "/v1/sys/wrapping/lookup", NOTHING),
            "says what such an answer is of",
            &["token"],
            put(wrapping::lookup).post(wrapping::lookup),
        ),
    ]
}

/// The ways in.
fn of_logins() -> Vec<Route> {
    const NOTHING: Asks = Asks::Nothing;
    vec![
        route(
            ("POST", "/v1/auth/approle/login", NOTHING),
            "gives a token for an API key",
            &["role_id", "secret_id"],
            put(login::approle).post(login::approle),
        ),
        route(
            ("POST", "/v1/auth/kubernetes/login", NOTHING),
            "gives a token for a pod's service account",
            &["role", "jwt"],
            put(login::kubernetes).post(login::kubernetes),
        ),
        route(
            ("POST", "/v1/auth/jwt/login", NOTHING),
            "gives a token for a token of the trusted issuer",
            &["role", "jwt"],
            put(login::jwt).post(login::jwt),
        ),
    ]
}

/// What is about the server and its mounts.
fn of_server() -> Vec<Route> {
    const NOTHING: Asks = Asks::Nothing;
    const TOKEN: Asks = Asks::Token;
    vec![
        route(
            ("GET", "/v1/sys/health", NOTHING),
            "says whether requests can be served",
            &["activecode", "sealedcode"],
            get(sys::health).fallback(sys::no_other),
        ),
        route(
            ("GET", "/v1/sys/seal-status", NOTHING),
            "says that the server is not sealed",
            &[],
            get(sys::seal_status),
        ),
        route(
            ("GET", "/v1/sys/leader", NOTHING),
            "says that nobody has to lead",
            &[],
            get(sys::leader),
        ),
        route(
            ("GET", "/v1/sys/mounts", LIST),
            "lists the mounts that the sender may see",
            &[],
            get(sys::mounts),
        ),
        route(
            (
                "POST",
                "/v1/sys/mounts/{path}",
                Asks::Right(Permission::ManageVaults),
            ),
            "makes a vault",
            &["type", "options"],
            put(sys::mount).post(sys::mount),
        ),
        route(
            ("GET", "/v1/sys/internal/ui/mounts", LIST),
            "the same, for user interfaces",
            &[],
            get(sys::visible),
        ),
        route(
            ("GET", "/v1/sys/internal/ui/mounts/{*path}", TOKEN),
            "shows the mount that a path lies in",
            &[],
            get(sys::preflight),
        ),
        route(
            ("POST", "/v1/sys/capabilities-self", TOKEN),
            "says what the sender may do at some paths",
            &["paths", "path"],
            put(sys::capabilities_self).post(sys::capabilities_self),
        ),
    ]
}

/// The router.
pub fn router() -> Router<Arc<App>> {
    all().into_iter().fold(Router::new(), |router, route| {
        router.route(route.path, route.handler)
    })
}

/// Done, also where there was nothing to do it to.
fn unless_missing<T>(done: Result<T, Error>) -> Result<Response, Fault> {
    match done {
        Ok(_) | Err(Error::NotFound { what: "secret", .. }) => Ok(envelope::done()),
        Err(other) => Err(other.into()),
    }
}
