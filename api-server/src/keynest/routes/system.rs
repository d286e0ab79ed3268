//! What the door says of itself.

use axum::{http::StatusCode, response::Response, routing::get};
use serde_json::json;

use super::{Access, Route};
use crate::http::respond;

const VERSION: &str = "1.0.0";

/// That the server answers.
pub async fn health() -> Response {
    let answer = json!({ "status": "healthy", "service": "KeyNest API", "version": VERSION });
    respond::json(StatusCode::OK, &answer)
}

/// Where things are.
pub async fn index() -> Response {
    let endpoints = json!({
        "authentication": "/api/auth/",
        "projects": "/api/projects/",
        "health": "/health/",
        "admin": "/admin/",
    });
    let answer = json!({ "message": "Welcome to KeyNest API", "version": VERSION, "endpoints": endpoints });
    respond::json(StatusCode::OK, &answer)
}

/// The routes.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            ("GET", "/health", 200),
            Access::Open,
            "says that the server answers",
            &[],
            get(health),
        ),
        Route::new(
            ("GET", "/api", 200),
            Access::Open,
            "says where things are",
            &[],
            get(index),
        ),
    ]
}
