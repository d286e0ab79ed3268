//! `/variables`

mod create;
mod delete;
mod get;
mod list;
mod update;

use axum::routing;
use coffer_domain::{name::SecretName, secret_value::SecretValue, usecase::keynest::Role};

use super::{Access, Route};
use crate::keynest::{input::Input, rules};

const LIST: &str = "/api/variables";
const ONE: &str = "/api/variables/{id}";

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    let part = |least| Access::Part(least, 404);
    let changes: &[&str] = &["key", "value", "environment"];
    vec![
        Route::new(
            ("GET", LIST, 200),
            Access::Signed,
            "the variables that the caller sees",
            &["environment", "key", "page", "page_size"],
            routing::get(list::list),
        ),
        Route::new(
            ("POST", LIST, 201),
            Access::Part(Role::Editor, 403),
            "makes a variable",
            &["key!", "value", "environment!"],
            routing::post(create::create),
        ),
        Route::new(
            ("GET", ONE, 200),
            part(Role::Viewer),
            "one variable",
            &[],
            routing::get(get::get),
        ),
        Route::new(
            ("PUT", ONE, 200),
            part(Role::Editor),
            "changes a variable",
            changes,
            routing::put(update::update),
        ),
        Route::new(
            ("PATCH", ONE, 200),
            part(Role::Editor),
            "changes some of a variable",
            changes,
            routing::patch(update::update),
        ),
        Route::new(
            ("DELETE", ONE, 204),
            part(Role::Editor),
            "deletes a variable",
            &[],
            routing::delete(delete::delete),
        ),
    ]
}

/// A key and a value; `whole`: the key must be there.
fn read(input: &mut Input, whole: bool) -> (Option<SecretName>, Option<SecretValue>) {
    let key = input.text_if("key", whole);
    let fault = key.as_deref().and_then(rules::key);
    input.check("key", fault);
    let name = key.filter(|_| fault.is_none());
    let name = name.and_then(|key| SecretName::new(key).ok());
    (name, input.secret("value", rules::LONGEST_VALUE))
}
