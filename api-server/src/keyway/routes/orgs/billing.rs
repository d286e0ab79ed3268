//! `GET /orgs/{org}/billing`

use std::sync::Arc;

use axum::{extract::State, response::Response};

use crate::{
    app::App,
    keyway::{
        auth::Signed,
        error::Problem,
        model::{organization::BillingOut, trial::TrialOut},
    },
};

/// What an organization pays, which is nothing; for its members.
pub async fn billing(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    let trial = app
        .keyway
        .cases
        .trial(&signed.session, signed.param("org"), signed.origin());
    let trial = TrialOut::of(trial.await?, app.coffer.clock().now());
    Ok(signed.one(&BillingOut::from(trial)))
}
