//! The routes. One endpoint, one file: `<noun>/<verb>.rs`.

pub mod health;
pub mod probe;
pub mod resources;

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

/// The path's parameter `{id}`.
pub struct Id(pub String);

impl<S: Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self(params::get(&params::of(parts).await?, "id").to_owned()))
    }
}
