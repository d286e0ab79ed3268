//! `/environments`

mod create;
mod delete;
mod export;
mod get;
mod import;
mod list;
mod update;
mod variables;

use axum::routing;
use coffer_domain::usecase::keynest::{EnvironmentChange, Kind, Role};

use super::{Access, Route};
use crate::{
    http::query::Query,
    keynest::{error::Failure, input::Input, rules},
};

const LIST: &str = "/api/environments";
const ONE: &str = "/api/environments/{id}";

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    let part = |least| Access::Part(least, 404);
    let mut routes = vec![
        Route::new(
            ("GET", LIST, 200),
            Access::Signed,
            "the environments that the caller sees",
            &["project", "environment_type", "page", "page_size"],
            routing::get(list::list),
        ),
        Route::new(
            ("POST", LIST, 201),
            Access::Part(Role::Editor, 403),
            "makes an environment",
            &["name!", "project!", "environment_type", "description"],
            routing::post(create::create),
        ),
        Route::new(
            ("GET", ONE, 200),
            part(Role::Viewer),
            "one environment",
            &[],
            routing::get(get::get),
        ),
        Route::new(
            ("PUT", ONE, 200),
            part(Role::Editor),
            "changes an environment",
            &["name!", "project", "environment_type", "description"],
            routing::put(update::put),
        ),
        Route::new(
            ("PATCH", ONE, 200),
            part(Role::Editor),
            "changes some of an environment",
            &["name", "project", "environment_type", "description"],
            routing::patch(update::patch),
        ),
        Route::new(
            ("DELETE", ONE, 204),
            part(Role::Admin),
            "deletes an environment with its variables",
            &[],
            routing::delete(delete::delete),
        ),
    ];
    routes.extend(inside());
    routes
}

/// The routes to what is in one.
fn inside() -> Vec<Route> {
    let part = |least| Access::Part(least, 403);
    vec![
        Route::new(
            ("GET", "/api/environments/{id}/variables", 200),
            part(Role::Viewer),
            "the variables of an environment",
            &["key", "page", "page_size"],
            routing::get(variables::variables),
        ),
        Route::new(
            ("GET", "/api/environments/{id}/export", 200),
            part(Role::Viewer),
            "all variables as a file",
            &["format"],
            routing::get(export::export),
        ),
        Route::new(
            ("POST", "/api/environments/{id}/import", 200),
            part(Role::Editor),
            "writes what a file says",
            &["file", "data", "format", "overwrite"],
            routing::post(import::import),
        ),
    ]
}

/// What is said of an environment; `whole`: its name must be there.
fn read(input: &mut Input, whole: bool) -> EnvironmentChange {
    let name = input.text_if("name", whole);
    let name = name.map(|text| rules::environment(&text));
    if let Some(Err(fault)) = &name {
        input.fault("name", fault);
    }
    EnvironmentChange {
        name: name.and_then(Result::ok),
        kind: input.choice("environment_type", Kind::parse),
        description: input.optional("description", super::LONGEST_DESCRIPTION),
        project: None,
    }
}

/// The kind that a list is of.
pub(super) fn kind(query: &Query<'_>) -> Result<Option<Kind>, Failure> {
    let read = |text: &str| {
        Kind::parse(text).ok_or_else(|| Failure::field("environment_type", "Not a valid choice."))
    };
    let text = query.text("environment_type").filter(|text| !text.is_empty());
    text.map(read).transpose()
}
