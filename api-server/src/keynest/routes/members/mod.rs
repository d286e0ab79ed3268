//! Members of an organization.

mod invite;
mod list;
mod remove;
mod role;

use axum::routing::{delete, get, patch, post};
use coffer_domain::usecase::keynest::Role;

use super::{Access, Route};

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    let admin = Access::Part(Role::Admin, 404);
    vec![
        Route::new(
            ("GET", "/api/organizations/{id}/members", 200),
            Access::Part(Role::Viewer, 404),
            "the members",
            &[],
            get(list::list),
        ),
        Route::new(
            ("POST", "/api/organizations/{id}/invite_member", 201),
            admin,
            "adds an account to the members",
            &["email!", "role"],
            post(invite::invite),
        ),
        Route::new(
            ("PATCH", "/api/organizations/{id}/update_member_role", 200),
            admin,
            "gives a member another role",
            &["user_id!", "role!"],
            patch(role::role),
        ),
        Route::new(
            ("DELETE", "/api/organizations/{id}/remove_member", 200),
            admin,
            "removes a member",
            &["user_id!"],
            delete(remove::remove),
        ),
    ]
}
