//! `GET /vaults/{owner}/{repo}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::repo_role::Scope;

use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, model::vault::VaultOut},
};

/// One vault; hidden from those without a role.
pub async fn get(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    signed.scope(&app, Scope::ReadSecrets).await?;
    let entered = signed.enter_as(&app, &signed.repo()?, true).await?;
    let summary = app.keyway.cases.summary(entered).await?;
    Ok(signed.one(&VaultOut::of(&app, summary).await?))
}
