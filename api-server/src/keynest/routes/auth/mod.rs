//! `/auth`

mod change_password;
mod login;
mod logout;
mod profile;
mod register;

use axum::routing::{get, post};

use super::{Access, Route};

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    let signed = Access::Signed;
    vec![
        Route::new(
            ("POST", "/api/auth/register", 201),
            Access::Open,
            "makes a user, their organization and their token",
            &[
                "username!",
                "email!",
                "password!",
                "confirm_password",
                "first_name",
                "last_name",
            ],
            post(register::register),
        ),
        Route::new(
            ("POST", "/api/auth/login", 200),
            Access::Open,
            "gives a user their token",
            &["email!", "password!"],
            post(login::login),
        ),
        Route::new(
            ("POST", "/api/auth/logout", 200),
            signed,
            "ends the token",
            &[],
            post(logout::logout),
        ),
        Route::new(
            ("GET", "/api/auth/profile", 200),
            signed,
            "the user whose token it is",
            &[],
            get(profile::profile),
        ),
        Route::new(
            ("POST", "/api/auth/change-password", 200),
            signed,
            "gives the user another password and ends their token",
            &["current_password!", "new_password!"],
            post(change_password::change_password),
        ),
    ]
}
