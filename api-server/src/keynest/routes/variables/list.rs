//! `GET /variables/`

use std::sync::Arc;

use axum::{extract::State, response::Response};

use crate::{
    app::App,
    http::query::Query,
    keynest::{auth::Signed, error::Failure, model::VariableOut, page::Wanted, routes::number},
};

/// The variables of all environments that the caller sees.
pub async fn list(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Failure> {
    let query = Query::lenient(signed.asked.uri.query());
    let wanted = Wanted::of(&query)?;
    let environment = number(&query, "environment")?;
    let key = query.text("key").filter(|text| !text.is_empty());
    let found = app
        .nest()
        .variables(&signed.actor, environment, key, wanted.window())
        .await?;
    wanted.answer(&app, &signed.asked, found, VariableOut::from)
}
