//! `GET /projects/`

use std::sync::Arc;

use axum::{extract::State, response::Response};

use crate::{
    app::App,
    http::query::Query,
    keynest::{auth::Signed, error::Failure, model::ProjectOut, page::Wanted, routes::number},
};

/// The projects that the caller sees.
pub async fn list(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Failure> {
    let query = Query::lenient(signed.asked.uri.query());
    let wanted = Wanted::of(&query)?;
    let organization = number(&query, "organization")?;
    let search = query.text("search").filter(|text| !text.is_empty());
    let found = app
        .nest()
        .projects(&signed.actor, organization, search, wanted.window())
        .await?;
    wanted.answer(&app, &signed.asked, found, ProjectOut::from)
}
