//! `GET /orgs/{org}/trial`

use std::sync::Arc;

use axum::{extract::State, response::Response};

use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, model::trial::TrialOut},
};

/// An organization's trial, for its members.
pub async fn trial(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    let trial = app
        .keyway
        .cases
        .trial(&signed.session, signed.param("org"), signed.origin())
        .await?;
    Ok(signed.one(&TrialOut::of(trial, app.coffer.clock().now())))
}
