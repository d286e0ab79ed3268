//! `GET /vaults/{owner}/{repo}/secrets`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::repo_role::Scope;

use crate::{
    app::App,
    http::{offset::Window, query::Query},
    keyway::{auth::Signed, error::Problem, model::secret::SecretOut, page::Wanted},
};

/// The secrets of all environments, or of one, the one that changed last first.
pub async fn list(State(app): State<Arc<App>>, signed: Signed, uri: Uri) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::ReadSecrets).await?;
    let wanted = Wanted::of(&uri)?;
    let query = Query::lenient(uri.query());
    let (organization, vault) = (&here.located.organization.name, &here.located.vault.name);
    let mut found = app
        .coffer
        .list_vault_secrets(&here.caller, organization, vault)
        .await?;
    if let Some(only) = query.text("environment") {
        found.retain(|secret| secret.environment.as_str() == only);
    }
    found.sort_by_key(|secret| std::cmp::Reverse((secret.updated_at, secret.created_at, secret.id)));
    let window = Window {
        skip: wanted.offset,
        limit: wanted.limit,
    };
    let (part, total) = window.of(found);
    let mut shown = Vec::with_capacity(part.len());
    for secret in &part {
        shown.push(SecretOut::of(&app, secret).await?);
    }
    Ok(wanted.of_part(&signed.context, &shown, total))
}
