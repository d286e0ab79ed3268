//! `GET /auth/profile/`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use crate::{
    app::App,
    http::respond,
    keynest::{auth::Signed, error::Failure, model::ProfileOut},
};

/// The user whose token it is.
pub async fn profile(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Failure> {
    let user = app.nest().profile(&signed.actor).await?;
    Ok(respond::json(StatusCode::OK, &ProfileOut::from(&user)))
}
