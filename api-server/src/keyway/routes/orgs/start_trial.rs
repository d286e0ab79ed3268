//! `POST /orgs/{org}/trial/start`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use serde_json::json;

use crate::{
    app::App,
    keyway::{
        auth::Signed,
        error::Problem,
        model::{Moment, trial::TrialOut},
        notes::about,
        routes::Unread,
    },
};

/// Begins an organization's trial, for an owner of it, once.
pub async fn start(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Problem> {
    let organization = signed.param("org");
    body.fields().await?;
    let begun = app
        .keyway
        .cases
        .start_trial(&signed.session, organization, signed.origin())
        .await?;
    signed.note(
        &app,
        "org_trial_started",
        about([("organization", json!(organization))]),
    );
    Ok(signed.one(&json!({
        "message": "The trial has begun",
        "trial": TrialOut::of(Some(begun), app.coffer.clock().now()),
        "trial_ends": Moment(begun.ends()),
    })))
}
