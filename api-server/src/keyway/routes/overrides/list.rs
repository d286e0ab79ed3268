//! `GET /vaults/{owner}/{repo}/permissions/overrides`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::repo_role::Scope;
use serde_json::json;

use crate::{
    app::App,
    keyway::{
        auth::Signed,
        error::Problem,
        model::override_::{OverrideOut, defaults},
    },
};

/// The overrides, and what holds without them.
pub async fn list(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::ReadSecrets).await?;
    let mut shown = Vec::new();
    for one in app.keyway.cases.list_overrides(&here).await? {
        shown.push(OverrideOut::of(&app, one).await?);
    }
    Ok(signed.one(&json!({ "overrides": shown, "defaults": defaults(&app, &here).await? })))
}
