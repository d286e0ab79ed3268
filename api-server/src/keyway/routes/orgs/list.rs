//! `GET /orgs`

use std::sync::Arc;

use axum::{extract::State, response::Response};

use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, model::organization::OrganizationOut},
};

/// The organizations that one is in.
pub async fn list(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    let found = app.keyway.cases.organizations(&signed.session, signed.origin());
    let found = found.await?;
    let now = app.coffer.clock().now();
    let shown = found.into_iter().map(|one| OrganizationOut::of(one, now));
    Ok(signed.one(&shown.collect::<Vec<_>>()))
}
