//! `POST /variables/`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use crate::{
    app::App,
    http::respond,
    keynest::{
        auth::Signed, error::Failure, input::Unread, model::VariableOut, routes::variables::read,
        rules::REQUIRED,
    },
};

/// A new variable.
pub async fn create(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Failure> {
    let mut input = body.fields().await?;
    let environment = input.number("environment", true);
    let (key, value) = read(&mut input, true);
    input.done()?;
    let (Some(environment), Some(key)) = (environment, key) else {
        return Err(Failure::field("key", REQUIRED));
    };
    let value = value.unwrap_or_else(|| "".into());
    let made = app
        .nest()
        .create_variable(&signed.actor, environment, &key, &value)
        .await;
    let made = made.map_err(|error| Failure::of_field("environment", error))?;
    Ok(respond::json(StatusCode::CREATED, &VariableOut::from(made)))
}
