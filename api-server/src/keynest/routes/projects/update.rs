//! `PUT`, `PATCH /projects/{id}/`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use crate::{
    app::App,
    http::respond,
    keynest::{auth::Signed, error::Failure, input::Unread, model::ProjectOut, routes::projects::read},
};

/// Makes a project what is sent; it stays in its organization.
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
    let organization = input.number("organization", false);
    let (name, description) = read(&mut input, whole);
    input.done()?;
    let changed = app
        .nest()
        .update_project(&signed.actor, number, name, description, organization)
        .await?;
    Ok(respond::json(StatusCode::OK, &ProjectOut::from(changed)))
}
