//! `POST /auth/token/validate`

use std::sync::Arc;

use axum::{extract::State, response::Response};

use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, model::user::UserOut, notes::about, routes::Unread},
};

/// Whose token it is.
pub async fn validate(
    State(app): State<Arc<App>>,
    signed: Signed,
    body: Unread,
) -> Result<Response, Problem> {
    body.fields().await?;
    signed.note(&app, "login", about([]));
    Ok(signed.one(&UserOut::of(&signed.session)))
}
