//! `GET /vaults/{owner}/{repo}/trash`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::repo_role::Scope;

use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, model::secret::TrashedOut, page::Wanted},
};

/// What is in the trash, latest first.
pub async fn list(State(app): State<Arc<App>>, signed: Signed, uri: Uri) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::ReadSecrets).await?;
    let wanted = Wanted::of(&uri)?;
    let (organization, vault) = (&here.located.organization.name, &here.located.vault.name);
    let found = app.coffer.list_trash(&here.caller, organization, vault).await?;
    let now = app.coffer.clock().now();
    let shown = found.iter().filter_map(|secret| TrashedOut::of(secret, now));
    Ok(wanted.page(&signed.context, shown))
}
