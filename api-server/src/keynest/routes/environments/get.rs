//! `GET /environments/{id}/`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use crate::{
    app::App,
    http::respond,
    keynest::{auth::Signed, error::Failure, model::EnvironmentOut},
};

/// One environment.
pub async fn get(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Failure> {
    let found = app
        .nest()
        .get_environment(&signed.actor, signed.asked.number()?)
        .await?;
    Ok(respond::json(StatusCode::OK, &EnvironmentOut::from(found)))
}
