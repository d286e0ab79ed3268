//! `PUT`, `PATCH /environments/{id}/`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::usecase::keynest::EnvironmentChange;

use crate::{
    app::App,
    http::respond,
    keynest::{
        auth::Signed, error::Failure, input::Unread, model::EnvironmentOut, routes::environments::read,
    },
};

/// Makes an environment what is sent; it stays in its project.
pub async fn put(app: State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Failure> {
    update(app, signed, body, true).await
}

/// Changes what is sent.
pub async fn patch(app: State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Failure> {
    update(app, signed, body, false).await
}

async fn update(
    State(app): State<Arc<App>>,
    signed: Signed,
    body: Unread,
    whole: bool,
) -> Result<Response, Failure> {
    let number = signed.asked.number()?;
    let mut input = body.fields().await?;
    let project = input.number("project", false);
    let change = EnvironmentChange {
        project,
        ..read(&mut input, whole)
    };
    input.done()?;
    let changed = app
        .nest()
        .update_environment(&signed.actor, number, &change)
        .await?;
    Ok(respond::json(StatusCode::OK, &EnvironmentOut::from(changed)))
}
