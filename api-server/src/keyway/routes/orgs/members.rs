//! `GET /orgs/{org}/members`

use std::sync::Arc;

use axum::{extract::State, response::Response};

use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, model::organization::MemberOut},
};

/// Everybody in an organization, for its members.
pub async fn members(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    let cases = &app.keyway.cases;
    let found = cases.colleagues(&signed.session, signed.param("org"), signed.origin());
    let shown = found.await?.into_iter().map(MemberOut::from);
    Ok(signed.one(&shown.collect::<Vec<_>>()))
}
