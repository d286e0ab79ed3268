//! `DELETE /variables/{id}/`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use crate::{
    app::App,
    http::respond,
    keynest::{auth::Signed, error::Failure},
};

/// Deletes a variable.
pub async fn delete(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Failure> {
    app.nest()
        .delete_variable(&signed.actor, signed.asked.number()?)
        .await?;
    Ok(respond::empty(StatusCode::NO_CONTENT))
}
