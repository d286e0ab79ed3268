//! `/webhooks`

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
            "/webhooks",
            routing::get(list::list_webhooks).post(create::create_webhook),
        ),
        (
            "/webhooks/{id}",
            routing::get(get::get_webhook)
                .put(update::update_webhook)
                .delete(delete::delete_webhook),
        ),
    ]
}
