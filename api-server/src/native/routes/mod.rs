//! The routes. One endpoint, one file: `<noun>/<verb>.rs`.
//!
//! Verbs beyond HTTP's follow a colon (`…/secrets/app/api:undelete`), which no name can hold; the router
//! cannot tell them apart, so the noun's `mod.rs` does.

pub mod api_keys;
pub mod audit;
pub mod changes;
pub mod consumers;
pub mod sealing_keys;
pub mod secrets;
pub mod users;
pub mod vaults;
pub mod whoami;

use std::sync::Arc;

use axum::{
    Router,
    routing::{MethodRouter, get},
};

use crate::app::App;

/// Where all paths of this door start.
pub const BASE: &str = "/coffer/v1";

/// A path under [`BASE`], in axum's terms, with its methods.
type Route = (&'static str, MethodRouter<Arc<App>>);

/// Every route of this door.
fn all() -> Vec<Route> {
    let mut routes: Vec<Route> = vec![("/whoami", get(whoami::whoami))];
    routes.extend(vaults::routes());
    routes.extend(secrets::routes());
    routes.extend(sealing_keys::routes());
    routes.extend(api_keys::routes());
    routes.extend(audit::routes());
    routes.extend(changes::routes());
    routes.extend(consumers::routes());
    routes.extend(users::routes());
    routes
}

/// This door's router.
pub fn router() -> Router<Arc<App>> {
    let mount =
        |router: Router<Arc<App>>, (path, methods): Route| router.route(&format!("{BASE}{path}"), methods);
    all().into_iter().fold(Router::new(), mount)
}

/// The templates of this door's routes, for the test that all of them are documented.
pub fn templates() -> Vec<String> {
    all().iter().map(|(path, _)| format!("{BASE}{path}")).collect()
}
