//! `/organizations`

mod create;
mod delete;
mod get;
mod list;
mod update;

use axum::routing;
use coffer_domain::usecase::keynest::Role;

use super::{Access, Route};
use crate::keynest::{
    error::Failure,
    input::{Input, Optional},
    rules,
};

const LIST: &str = "/api/organizations";
const ONE: &str = "/api/organizations/{id}";

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    let part = |least| Access::Part(least, 404);
    vec![
        Route::new(
            ("GET", LIST, 200),
            Access::Signed,
            "the caller's organizations",
            &["page", "page_size"],
            routing::get(list::list),
        ),
        Route::new(
            ("POST", LIST, 201),
            Access::Signed,
            "makes an organization",
            &["name!", "description"],
            routing::post(create::create),
        ),
        Route::new(
            ("GET", ONE, 200),
            part(Role::Viewer),
            "one organization",
            &[],
            routing::get(get::get),
        ),
        Route::new(
            ("PUT", ONE, 200),
            part(Role::Editor),
            "changes an organization",
            &["name!", "description"],
            routing::put(update::put),
        ),
        Route::new(
            ("PATCH", ONE, 200),
            part(Role::Editor),
            "changes some of an organization",
            &["name", "description"],
            routing::patch(update::patch),
        ),
        Route::new(
            ("DELETE", ONE, 204),
            part(Role::Admin),
            "deletes an organization with everything in it",
            &[],
            routing::delete(delete::delete),
        ),
    ]
}

/// What is said of an organization; `whole`: its name must be there.
fn read(mut input: Input, whole: bool) -> Result<(Option<String>, Optional), Failure> {
    let name = input.text_if("name", whole);
    input.check("name", name.as_deref().and_then(rules::organization));
    let description = input.optional("description", super::LONGEST_DESCRIPTION);
    input.done()?;
    Ok((name, description))
}
