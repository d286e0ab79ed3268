//! `/api-keys`

pub mod create;
pub mod delete;
pub mod list;

use axum::routing;

use super::Route;

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    vec![
        (
            "/api-keys",
            routing::get(list::list_api_keys).post(create::create_api_key),
        ),
        ("/api-keys/{id}", routing::delete(delete::delete_api_key)),
    ]
}
