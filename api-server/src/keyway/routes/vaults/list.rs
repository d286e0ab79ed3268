//! `GET /vaults`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::repo_role::Scope;

use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, model::vault::VaultOut, page::Wanted},
};

/// The vaults one has a role on, the one that changed last first.
pub async fn list(State(app): State<Arc<App>>, signed: Signed, uri: Uri) -> Result<Response, Problem> {
    signed.scope(&app, Scope::ReadSecrets).await?;
    let wanted = Wanted::of(&uri)?;
    let found = app.keyway.cases.list(&signed.session, &signed.origin()).await?;
    let (part, total) = wanted.cut(found);
    let mut shown = Vec::with_capacity(part.len());
    for summary in part {
        shown.push(VaultOut::of(&app, summary).await?);
    }
    Ok(wanted.of_part(&signed.context, &shown, total))
}
