//! `GET /orgs/{org}`

use std::sync::Arc;

use axum::{extract::State, response::Response};

use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, model::organization::OrganizationOut},
};

/// One organization, for its members.
pub async fn get(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    let found = app
        .keyway
        .cases
        .company(&signed.session, signed.param("org"), signed.origin());
    let now = app.coffer.clock().now();
    Ok(signed.one(&OrganizationOut::of(found.await?, now)))
}
