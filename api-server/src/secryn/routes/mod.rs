//! The routes. One endpoint, one file: `<noun>/<verb>.rs`.

pub mod access_keys;
pub mod api_keys;
pub mod audit_logs;
pub mod certificates;
pub mod health;
pub mod keys;
pub mod probe;
pub mod projects;
pub mod request_logs;
pub mod resources;
pub mod secrets;
pub mod vaults;
pub mod webhooks;

use std::sync::Arc;

use axum::{
    Router,
    extract::{FromRequest, FromRequestParts, Request},
    http::request::Parts,
    routing::{MethodRouter, get},
};

use super::error::ApiError;
use crate::{
    app::App,
    http::{body, fields::Fields, params},
};

/// Where all paths of this door start.
pub const BASE: &str = "/v1";

/// A path under [`BASE`], in axum's terms, with its methods.
type Route = (&'static str, MethodRouter<Arc<App>>);

/// Every route of this door.
fn all() -> Vec<Route> {
    let mut routes: Vec<Route> = vec![("/health", get(health::health)), ("/endpoint", get(probe::probe))];
    routes.extend(resources::routes());
    routes.extend(projects::routes());
    routes.extend(vaults::routes());
    routes.extend(secrets::routes());
    routes.extend(keys::routes());
    routes.extend(certificates::routes());
    routes.extend(webhooks::routes());
    routes.extend(access_keys::routes());
    routes.extend(api_keys::routes());
    routes.push(("/audit-logs", get(audit_logs::list_audit_logs)));
    routes.push(("/request-logs", get(request_logs::list_request_logs)));
    routes
}

/// This door's router.
pub fn router() -> Router<Arc<App>> {
    let mount =
        |router: Router<Arc<App>>, (path, methods): Route| router.route(&format!("{BASE}{path}"), methods);
    all()
        .into_iter()
        .fold(Router::new(), mount)
        .route("/health", get(health::health))
}

/// The templates of this door's routes, for the test that all of them are documented.
pub fn templates() -> Vec<String> {
    all().iter().map(|(path, _)| format!("{BASE}{path}")).collect()
}

/// A JSON object, whatever its `Content-Type` says.
pub struct Json(pub Fields);

impl FromRequest<Arc<App>> for Json {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &Arc<App>) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        Ok(Self(Fields::of(body::tree(&parts.headers, body).await?)?))
    }
}

/// `/vaults/{id}/keys/{item}` and the like.
pub struct ItemPath {
    /// The vault's id or name.
    pub vault: String,
    /// The thing's id or name.
    pub item: String,
}

impl<S: Sync> FromRequestParts<S> for ItemPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let params = params::of(parts).await?;
        let get = |name| params::get(&params, name).to_owned();
        Ok(Self {
            vault: get("id"),
            item: get("item"),
        })
    }
}

/// The path's parameter `{id}`.
pub struct Id(pub String);

impl<S: Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self(params::get(&params::of(parts).await?, "id").to_owned()))
    }
}
