//! `/orgs`

mod billing;
mod get;
mod list;
mod members;
mod start_trial;
mod sync_members;
mod trial;
mod update;

use axum::routing;
use coffer_domain::repo_role::Scope;

use super::{Access, Route};

const ONE: &str = "/orgs/{org}";

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    let reads = (Access::Signed(None), 200);
    let manages = (Access::Signed(Some(Scope::WriteSecrets)), 200);
    vec![
        Route::new(
            ("GET", "/orgs"),
            reads,
            "lists the organizations that one is in",
            &[],
            routing::get(list::list),
        ),
        Route::new(
            ("GET", ONE),
            reads,
            "shows an organization",
            &[],
            routing::get(get::get),
        ),
        Route::new(
            ("PUT", ONE),
            manages,
            "changes an organization's name, and what roles may do in its vaults",
            &["displayName", "defaultPermissions"],
            routing::put(update::update),
        ),
        Route::new(
            ("GET", "/orgs/{org}/members"),
            reads,
            "lists who is in an organization",
            &[],
            routing::get(members::members),
        ),
        Route::new(
            ("POST", "/orgs/{org}/members/sync"),
            manages,
            "compares who is in an organization with who was in it last time",
            &[],
            routing::post(sync_members::sync),
        ),
        Route::new(
            ("GET", "/orgs/{org}/billing"),
            reads,
            "shows what an organization pays",
            &[],
            routing::get(billing::billing),
        ),
        Route::new(
            ("GET", "/orgs/{org}/trial"),
            reads,
            "shows an organization's trial",
            &[],
            routing::get(trial::trial),
        ),
        Route::new(
            ("POST", "/orgs/{org}/trial/start"),
            reads,
            "begins an organization's trial",
            &[],
            routing::post(start_trial::start),
        ),
    ]
}
