//! `GET /integrations/vaults/{owner}/{repo}/sync/status`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::repo_role::Scope;
use serde_json::json;

use super::asked::Asked;
use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem},
};

/// How a vault and a project stand to one another.
pub async fn status(State(app): State<Arc<App>>, signed: Signed, uri: Uri) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::ReadSecrets).await?;
    let asked = Asked::in_query(&uri)?;
    asked.connection()?;
    let copy = asked.copy(&app, &signed, asked.both()?).await?;
    let status = app
        .keyway
        .cases
        .sync_status(&here, &copy.connection.body, &copy.request)
        .await?;
    Ok(signed.one(&json!({
        "isFirstSync": status.first,
        "vaultIsEmpty": status.vault_is_empty,
        "providerHasSecrets": status.provider_count > 0,
        "providerSecretCount": status.provider_count,
    })))
}
