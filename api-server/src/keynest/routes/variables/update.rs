//! `PUT`, `PATCH /variables/{id}/`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::{Error, usecase::keynest::VariableChange};

use crate::{
    app::App,
    http::respond,
    keynest::{auth::Signed, error::Failure, input::Unread, model::VariableOut, routes::variables::read},
};

/// Changes what is sent; both methods do the same.
pub async fn update(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Failure> {
    let number = signed.asked.number()?;
    let mut input = body.fields().await?;
    let environment = input.number("environment", false);
    let (key, value) = read(&mut input, false);
    input.done()?;
    let moves = environment.is_some();
    let change = VariableChange {
        key,
        value,
        environment,
    };
    // Asked first for itself: only then is what is missing the environment.
    if moves {
        app.nest().may_edit(&signed.actor, number).await?;
    }
    let changed = app.nest().update_variable(&signed.actor, number, &change).await;
    let changed = changed.map_err(|error| match error {
        error @ Error::NotFound { .. } if moves => Failure::of_field("environment", error),
        other => other.into(),
    })?;
    Ok(respond::json(StatusCode::OK, &VariableOut::from(changed)))
}
