//! `GET /projects/{id}/environments/`

use std::sync::Arc;

use axum::{extract::State, response::Response};

use crate::{
    app::App,
    http::query::Query,
    keynest::{
        auth::Signed, error::Failure, model::EnvironmentOut, page::Wanted, routes::environments::kind,
    },
};

/// The environments of one project.
pub async fn environments(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Failure> {
    let query = Query::lenient(signed.asked.uri.query());
    let (wanted, kind) = (Wanted::of(&query)?, kind(&query)?);
    let number = signed.asked.number()?;
    let found = app
        .nest()
        .environments_in(&signed.actor, number, kind, wanted.window())
        .await?;
    wanted.answer(&app, &signed.asked, found, EnvironmentOut::from)
}
