//! `GET /environments/`

use std::sync::Arc;

use axum::{extract::State, response::Response};

use crate::{
    app::App,
    http::query::Query,
    keynest::{
        auth::Signed,
        error::Failure,
        model::EnvironmentOut,
        page::Wanted,
        routes::{environments::kind, number},
    },
};

/// The environments that the caller sees.
pub async fn list(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Failure> {
    let query = Query::lenient(signed.asked.uri.query());
    let wanted = Wanted::of(&query)?;
    let (project, kind) = (number(&query, "project")?, kind(&query)?);
    let found = app
        .nest()
        .environments(&signed.actor, project, kind, wanted.window())
        .await?;
    wanted.answer(&app, &signed.asked, found, EnvironmentOut::from)
}
