//! `GET /projects/{id}/`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use crate::{
    app::App,
    http::respond,
    keynest::{auth::Signed, error::Failure, model::ProjectOut},
};

/// One project.
pub async fn get(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Failure> {
    let found = app
        .nest()
        .get_project(&signed.actor, signed.asked.number()?)
        .await?;
    Ok(respond::json(StatusCode::OK, &ProjectOut::from(found)))
}
