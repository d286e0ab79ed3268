//! `GET /organizations/{id}/members/`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use crate::{
    app::App,
    http::respond,
    keynest::{auth::Signed, error::Failure, model::MembersOut},
};

/// The members, those who joined first first.
pub async fn list(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Failure> {
    let (members, all) = app.nest().members(&signed.actor, signed.asked.number()?).await?;
    Ok(respond::json(StatusCode::OK, &MembersOut::of(members, all)))
}
