//! `POST /projects/`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::usecase::keynest::NewProject;

use crate::{
    app::App,
    http::respond,
    keynest::{auth::Signed, error::Failure, input::Unread, model::ProjectOut, routes::projects::read},
};

/// A new project.
pub async fn create(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Failure> {
    let mut input = body.fields().await?;
    let organization = input.number("organization", true);
    let (name, description) = read(&mut input, true);
    input.done()?;
    let new = NewProject {
        name: name.unwrap_or_default(),
        description: description.flatten(),
    };
    let made = app
        .nest()
        .create_project(&signed.actor, organization.unwrap_or_default(), &new)
        .await;
    let made = made.map_err(|error| Failure::of_field("organization", error))?;
    Ok(respond::json(StatusCode::CREATED, &ProjectOut::from(made)))
}
