//! `POST /auth/logout/`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use serde_json::json;

use crate::{
    app::App,
    http::respond,
    keynest::{auth::Signed, error::Failure},
};

/// Ends the token.
pub async fn logout(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Failure> {
    app.nest().logout(&signed.actor).await?;
    Ok(respond::json(
        StatusCode::OK,
        &json!({ "message": "Successfully logged out" }),
    ))
}
