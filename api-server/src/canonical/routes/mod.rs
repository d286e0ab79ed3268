//! The endpoints, one a file, in one table: the router, the document and the tests of rights are made from it.

mod audit;
mod bulk;
mod create;
mod delete;
mod destroy_versions;
mod detail;
mod events;
mod keys;
mod metadata;
mod owner;
mod put;
mod read;
mod rotate;
mod search;
mod transfer;
mod undelete;
mod value;
mod versions;

use std::sync::Arc;

use axum::{
    Router,
    http::StatusCode,
    response::Response,
    routing::{self, MethodRouter},
};
use serde_json::Value;

use super::op::Op;
use crate::{app::App, http::respond};

/// Where all paths of this door start.
pub const BASE: &str = "/api/secrets";

/// One endpoint.
pub struct Route {
    /// `GET`.
    pub method: &'static str,
    /// Under [`BASE`].
    pub path: &'static str,
    /// What it asks for; of several, one by what the request says.
    pub ops: &'static [Op],
    /// What it does, as one phrase.
    pub summary: &'static str,
    /// The names of what its body, or its query where it has no body, holds; required ones end in `!`.
    pub takes: &'static [&'static str],
    handler: MethodRouter<Arc<App>>,
}

fn get(
    (path, ops): (&'static str, &'static [Op]),
    summary: &'static str,
    takes: &'static [&'static str],
    handler: MethodRouter<Arc<App>>,
) -> Route {
    Route {
        method: "GET",
        path,
        ops,
        summary,
        takes,
        handler,
    }
}

fn post(
    (path, ops): (&'static str, &'static [Op]),
    summary: &'static str,
    takes: &'static [&'static str],
    handler: MethodRouter<Arc<App>>,
) -> Route {
    Route {
        method: "POST",
        ..get((path, ops), summary, takes, handler)
    }
}

/// Every route of this door.
pub fn all() -> Vec<Route> {
    let mut routes = of_values();
    routes.extend(of_names());
    routes.extend(of_versions());
    routes
}

/// What reads and writes values.
fn of_values() -> Vec<Route> {
    vec![
        post(
            ("", &[Op::Write]),
            "creates or updates a secret, or one key of it",
            &["uri!", "value!"],
            routing::post(create::create),
        ),
        get(
            ("", &[Op::ReadYaml]),
            "reads what is for development",
            &["uri!", "key"],
            routing::get(read::read),
        ),
        Route {
            method: "DELETE",
            ..get(
                ("", &[Op::Delete, Op::Destroy]),
                "deletes a secret, or erases it",
                &["uri!", "destroy"],
                routing::delete(delete::delete),
            )
        },
        get(
            ("/value", &[Op::Read]),
            "reads a value",
            &["uri!", "version", "key"],
            routing::get(value::value),
        ),
        post(
            ("/rotate", &[Op::Rotate]),
            "puts another value in the place of one",
            &["uri!", "value!"],
            routing::post(rotate::rotate),
        ),
        post(
            ("/copy", &[Op::Copy]),
            "copies a secret or a key",
            &["fromUri!", "toUri!", "overwrite"],
            routing::post(transfer::copy),
        ),
        post(
            ("/move", &[Op::Move]),
            "moves a secret or a key",
            &["fromUri!", "toUri!", "overwrite"],
            routing::post(transfer::relocate),
        ),
        post(
            ("/bulk", &[]),
            "does several of these, one after another",
            &["operations!", "continueOnError"],
            routing::post(bulk::bulk),
        ),
    ]
}

/// What lists names.
fn of_names() -> Vec<Route> {
    const LOOK: &[Op] = &[Op::Metadata];
    vec![
        get(
            ("/metadata", LOOK),
            "lists keys, for development",
            &["prefix!", "mount", "offset", "limit"],
            routing::get(metadata::list),
        ),
        get(
            ("/keys", LOOK),
            "lists the keys of one path, for development",
            &["uri", "mount", "prefix"],
            routing::get(keys::keys),
        ),
        get(
            ("/search", LOOK),
            "finds names",
            &["q!", "prefix", "offset", "limit"],
            routing::get(search::search),
        ),
        get(
            ("/events", LOOK),
            "streams what is done, for development",
            &["event"],
            routing::get(events::events),
        ),
        get(
            ("/audit", LOOK),
            "lists what was done lately, for development",
            &[
                "event",
                "subject",
                "purpose",
                "effect",
                "resource_ref",
                "correlation_id",
                "since",
                "until",
                "offset",
                "limit",
            ],
            routing::get(audit::audit),
        ),
    ]
}

/// What is about versions.
fn of_versions() -> Vec<Route> {
    const LOOK: &[Op] = &[Op::Metadata];
    vec![
        get(
            ("/metadata/detail", LOOK),
            "tells everything about a secret but its value",
            &["uri!"],
            routing::get(detail::detail),
        ),
        get(
            ("/versions", LOOK),
            "lists versions",
            &["uri!"],
            routing::get(versions::versions),
        ),
        post(
            ("/undelete", &[Op::Undelete]),
            "undeletes versions",
            &["uri!", "versions!"],
            routing::post(undelete::undelete),
        ),
        post(
            ("/destroy-versions", &[Op::DestroyVersions]),
            "erases versions",
            &["uri!", "versions!"],
            routing::post(destroy_versions::destroy),
        ),
        post(
            ("/metadata/owner", &[Op::SetOwner]),
            "says whose a secret is",
            &["uri!", "owner!"],
            routing::post(owner::set),
        ),
    ]
}

/// This door's router.
pub fn router() -> Router<Arc<App>> {
    let mount = |router: Router<Arc<App>>, route: Route| {
        router.route(&format!("{BASE}{}", route.path), route.handler)
    };
    all().into_iter().fold(Router::new(), mount)
}

/// An answer of success.
fn good(body: &Value) -> Response {
    respond::json(StatusCode::OK, body)
}
