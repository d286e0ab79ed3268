//! `PUT`, `PATCH /organizations/{id}/`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use crate::{
    app::App,
    http::respond,
    keynest::{
        auth::Signed, error::Failure, input::Unread, model::OrganizationOut, routes::organizations::read,
    },
};

/// Makes an organization what is sent.
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
    let (name, description) = read(body.fields().await?, whole)?;
    let changed = app
        .nest()
        .update_organization(&signed.actor, number, name, description)
        .await?;
    Ok(respond::json(StatusCode::OK, &OrganizationOut::from(changed)))
}
