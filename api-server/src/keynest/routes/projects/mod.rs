//! `/projects`

mod create;
mod delete;
mod environments;
mod get;
mod list;
mod update;

use axum::routing;
use coffer_domain::usecase::keynest::Role;

use super::{Access, Route};
use crate::keynest::{
    input::{Input, Optional},
    rules,
};

const LIST: &str = "/api/projects";
const ONE: &str = "/api/projects/{id}";

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    let part = |least| Access::Part(least, 404);
    let inside = |least| Access::Part(least, 403);
    vec![
        Route::new(
            ("GET", LIST, 200),
            Access::Signed,
            "the projects that the caller sees",
            &["organization", "search", "page", "page_size"],
            routing::get(list::list),
        ),
        Route::new(
            ("POST", LIST, 201),
            inside(Role::Editor),
            "makes a project",
            &["name!", "organization!", "description"],
            routing::post(create::create),
        ),
        Route::new(
            ("GET", ONE, 200),
            part(Role::Viewer),
            "one project",
            &[],
            routing::get(get::get),
        ),
        Route::new(
            ("PUT", ONE, 200),
            part(Role::Editor),
            "changes a project",
            &["name!", "organization", "description"],
            routing::put(update::put),
        ),
        Route::new(
            ("PATCH", ONE, 200),
            part(Role::Editor),
            "changes some of a project",
            &["name", "organization", "description"],
            routing::patch(update::patch),
        ),
        Route::new(
            ("DELETE", ONE, 204),
            part(Role::Admin),
            "deletes a project with everything in it",
            &[],
            routing::delete(delete::delete),
        ),
        Route::new(
            ("GET", "/api/projects/{id}/environments", 200),
            inside(Role::Viewer),
            "the environments of a project",
            &["environment_type", "page", "page_size"],
            routing::get(environments::environments),
        ),
    ]
}

/// What is said of a project; `whole`: its name must be there.
fn read(input: &mut Input, whole: bool) -> (Option<String>, Optional) {
    let name = input.text_if("name", whole);
    input.check("name", name.as_deref().and_then(rules::project));
    (name, input.optional("description", super::LONGEST_DESCRIPTION))
}
