//! `POST /environments/`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::usecase::keynest::{Kind, NewEnvironment};

use crate::{
    app::App,
    http::respond,
    keynest::{
        auth::Signed, error::Failure, input::Unread, model::EnvironmentOut, routes::environments::read,
        rules::REQUIRED,
    },
};

/// A new environment.
pub async fn create(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Failure> {
    let mut input = body.fields().await?;
    let project = input.number("project", true);
    let change = read(&mut input, true);
    input.done()?;
    let Some(name) = change.name else {
        return Err(Failure::field("name", REQUIRED));
    };
    let new = NewEnvironment {
        name,
        kind: change.kind.unwrap_or(Kind::Development),
        description: change.description.flatten(),
    };
    let made = app
        .nest()
        .create_environment(&signed.actor, project.unwrap_or_default(), &new)
        .await;
    let made = made.map_err(|error| Failure::of_field("project", error))?;
    Ok(respond::json(StatusCode::CREATED, &EnvironmentOut::from(made)))
}
