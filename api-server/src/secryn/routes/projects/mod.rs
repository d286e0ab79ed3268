//! `/projects`

pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod update;

use axum::routing;

use super::Route;

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    vec![
        (
            "/projects",
            routing::get(list::list_projects).post(create::create_project),
        ),
        (
            "/projects/{id}",
            routing::get(get::get_project)
                .put(update::update_project)
                .delete(delete::delete_project),
        ),
    ]
}
