//! `/resources`

pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod update;

use axum::routing;

use super::Route;

/// The longest name, in characters.
const LONGEST_NAME: usize = 255;

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    vec![
        (
            "/resources",
            routing::get(list::list_resources).post(create::create_resource),
        ),
        (
            "/resources/{id}",
            routing::get(get::get_resource)
                .put(update::update_resource)
                .delete(delete::delete_resource),
        ),
    ]
}
