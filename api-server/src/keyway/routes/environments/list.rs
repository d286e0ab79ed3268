//! `GET /vaults/{owner}/{repo}/environments`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::repo_role::Scope;

use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, model::vault::EnvironmentsOut},
};

/// The environments, in the order of their making.
pub async fn list(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::ReadSecrets).await?;
    Ok(signed.one(&EnvironmentsOut::from(&*here.located.vault)))
}
