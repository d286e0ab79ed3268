//! `GET /integrations/vaults/{owner}/{repo}/sync/preview`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::repo_role::Scope;

use super::asked::Asked;
use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, model::integration::PreviewOut},
};

/// What a copy would do, by name.
pub async fn preview(State(app): State<Arc<App>>, signed: Signed, uri: Uri) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::ReadSecrets).await?;
    let asked = Asked::in_query(&uri)?;
    let direction = asked.direction()?;
    asked.connection()?;
    let copy = asked.copy(&app, &signed, asked.pair(&here)?).await?;
    let plan = app
        .keyway
        .cases
        .sync_preview(&here, &copy.connection.body, &copy.request, direction)
        .await?;
    Ok(signed.one(&PreviewOut::from(plan)))
}
