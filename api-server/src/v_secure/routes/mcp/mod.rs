//! `/mcp`: what agents can ask for, their requests, and what they were given.

pub mod approvals;
pub mod approve;
pub mod audit;
pub mod configure;
pub mod get;
pub mod list;
pub mod respond;

use axum::routing;

use super::Route;

/// The most items of a page.
const MOST: usize = 100;

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    vec![
        (
            "/mcp/resources",
            routing::get(list::list_resources).post(configure::configure_resource),
        ),
        ("/mcp/resources/{*uri}", routing::get(get::read_resource)),
        ("/mcp/approve", routing::post(approve::approve)),
        ("/mcp/approvals", routing::get(approvals::list_approvals)),
        ("/mcp/approvals/{id}", routing::get(approvals::get_approval)),
        ("/mcp/approvals/{id}/respond", routing::post(respond::respond)),
        ("/mcp/audit", routing::get(audit::list_access)),
    ]
}
