//! `POST /integrations/vaults/{owner}/{repo}/sync/link`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::repo_role::Scope;
use serde_json::json;

use super::asked::Asked;
use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, model::integration::LinkOut, routes::Unread},
};

/// Links two environments, without copying anything.
pub async fn link(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::ReadSecrets).await?;
    let asked = Asked::in_body(body.fields().await?)?;
    asked.connection()?;
    let copy = asked.copy(&app, &signed, asked.pair(&here)?).await?;
    let (link, is_new) = app
        .keyway
        .cases
        .link(&here, &copy.connection.body, &copy.request)
        .await?;
    Ok(signed.one(&json!({ "link": LinkOut::of(&link.body, is_new) })))
}
