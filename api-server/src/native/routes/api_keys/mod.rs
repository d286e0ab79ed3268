//! `/organizations/{org}/api-keys`

pub mod create;
pub mod get;
pub mod list;
pub mod revoke;
pub mod rotate;

use axum::routing;

use super::Route;

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    vec![
        (
            "/organizations/{org}/api-keys",
            routing::post(create::create_api_key).get(list::list_api_keys),
        ),
        (
            "/organizations/{org}/api-keys/{id}",
            routing::get(get::get_api_key)
                .delete(revoke::revoke_api_key)
                .post(rotate::rotate_api_key),
        ),
    ]
}
