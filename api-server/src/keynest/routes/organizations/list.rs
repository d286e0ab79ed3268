//! `GET /organizations/`

use std::sync::Arc;

use axum::{extract::State, response::Response};

use crate::{
    app::App,
    http::query::Query,
    keynest::{auth::Signed, error::Failure, model::OrganizationOut, page::Wanted},
};

/// The caller's organizations.
pub async fn list(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Failure> {
    let wanted = Wanted::of(&Query::lenient(signed.asked.uri.query()))?;
    let found = app.nest().organizations(&signed.actor, wanted.window()).await?;
    wanted.answer(&app, &signed.asked, found, OrganizationOut::from)
}
