//! `POST /organizations/`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use crate::{
    app::App,
    http::respond,
    keynest::{
        auth::Signed, error::Failure, input::Unread, model::OrganizationOut, routes::organizations::read,
    },
};

/// A new organization, of which the caller is the administrator.
pub async fn create(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Failure> {
    let (name, description) = read(body.fields().await?, true)?;
    let made = app
        .nest()
        .create_organization(&signed.actor, &name.unwrap_or_default(), description.flatten())
        .await?;
    Ok(respond::json(StatusCode::CREATED, &OrganizationOut::from(made)))
}
