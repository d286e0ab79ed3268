//! `GET /integrations/vaults/{owner}/{repo}/sync/diff`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::repo_role::Scope;

use super::asked::Asked;
use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, model::integration::DifferenceOut},
};

/// How two environments differ, by name.
pub async fn diff(State(app): State<Arc<App>>, signed: Signed, uri: Uri) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::ReadSecrets).await?;
    let asked = Asked::in_query(&uri)?;
    asked.connection()?;
    let copy = asked.copy(&app, &signed, asked.pair(&here)?).await?;
    let found = app
        .keyway
        .cases
        .sync_difference(&here, &copy.connection.body, &copy.request)
        .await?;
    Ok(signed.one(&DifferenceOut::from(found)))
}
