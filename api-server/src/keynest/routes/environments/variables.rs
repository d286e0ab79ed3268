//! `GET /environments/{id}/variables/`

use std::sync::Arc;

use axum::{extract::State, response::Response};

use crate::{
    app::App,
    http::query::Query,
    keynest::{auth::Signed, error::Failure, model::VariableOut, page::Wanted},
};

/// The variables of one environment.
pub async fn variables(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Failure> {
    let query = Query::lenient(signed.asked.uri.query());
    let wanted = Wanted::of(&query)?;
    let key = query.text("key").filter(|text| !text.is_empty());
    let number = signed.asked.number()?;
    let found = app
        .nest()
        .variables_in(&signed.actor, number, key, wanted.window())
        .await?;
    wanted.answer(&app, &signed.asked, found, VariableOut::from)
}
