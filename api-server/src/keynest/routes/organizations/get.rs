//! `GET /organizations/{id}/`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use crate::{
    app::App,
    http::respond,
    keynest::{auth::Signed, error::Failure, model::OrganizationOut},
};

/// One organization.
pub async fn get(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Failure> {
    let found = app
        .nest()
        .get_organization(&signed.actor, signed.asked.number()?)
        .await?;
    Ok(respond::json(StatusCode::OK, &OrganizationOut::from(found)))
}
