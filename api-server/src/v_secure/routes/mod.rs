//! The routes. One endpoint, one file: `<noun>/<verb>.rs`.

pub mod api_keys;
pub mod audit_logs;
pub mod health;
pub mod mcp;
pub mod secrets;
pub mod webhooks;

use std::sync::Arc;

use axum::{
    Router,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header::CONTENT_TYPE, request::Parts},
    response::Response,
    routing::{MethodRouter, get},
};
use bytes::Bytes;

use super::error::ApiError;
use crate::{
    app::App,
    http::{
        body,
        fields::{FieldFault, Fields},
        params,
    },
};

/// Where all paths of this door start.
pub const BASE: &str = "/v1/security";
/// Where the probe is, counted by no rate limit.
pub const HEALTH: &str = "/v1/security/health";

/// A path under [`BASE`], in axum's terms, with its methods.
type Route = (&'static str, MethodRouter<Arc<App>>);

/// Every route of this door.
fn all() -> Vec<Route> {
    let mut routes: Vec<Route> = vec![("/health", get(health::health))];
    routes.extend(secrets::routes());
    routes.extend(api_keys::routes());
    routes.extend(mcp::routes());
    routes.extend(audit_logs::routes());
    routes.extend(webhooks::routes());
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

/// A JSON object. A body that is there must say that it is JSON; an empty one is an empty object.
pub struct Json(pub Fields);

impl FromRequest<Arc<App>> for Json {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &Arc<App>) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let tree = body::tree(&parts.headers, body).await;
        let is_json = is_json(&parts.headers);
        match tree {
            Ok(serde_json::Value::Null) => Ok(Self(Fields::default())),
            Err(body::BodyFault::TooLarge) => Err(body::BodyFault::TooLarge.into()),
            _ if !is_json => Err(FieldFault::new("Content-Type", "must be application/json").into()),
            tree => Ok(Self(Fields::of(tree?)?)),
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let plain = kind.map(|kind| kind.split(';').next().unwrap_or_default().trim());
    plain.is_some_and(|plain| plain.eq_ignore_ascii_case("application/json"))
}

/// The path's one parameter. Where a literal part stands in its place, that is it: `/secrets/export` is a secret of that
/// name to every method but `POST`.
pub struct Id(pub String);

impl<S: Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let params = params::of(parts).await?;
        let literal = || parts.uri.path().rsplit('/').next().unwrap_or_default().to_owned();
        Ok(Self(
            params
                .iter()
                .last()
                .map_or_else(literal, |(_, value)| value.to_owned()),
        ))
    }
}

/// A file to save.
pub(super) fn download(name: &str, kind: &'static str, bytes: Bytes) -> Response {
    let mut response = Response::new(axum::body::Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, axum::http::HeaderValue::from_static(kind));
    headers.insert(
        axum::http::header::CACHE_CONTROL,
        axum::http::HeaderValue::from_static("no-store"),
    );
    let named = format!("attachment; filename=\"{name}\"");
    if let Ok(named) = axum::http::HeaderValue::from_str(&named) {
        headers.insert(axum::http::header::CONTENT_DISPOSITION, named);
    }
    response
}
