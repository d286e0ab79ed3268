//! `POST /vaults`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::{name::EnvName, repo_role::Scope, usecase::keyway::Session};
use serde_json::json;

use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, model::repo::Repo, notes::about, page, plan, routes::Unread},
};

/// What a new vault has, in this order.
const ENVIRONMENTS: [&str; 4] = ["local", "development", "staging", "production"];

/// Makes the vault of a repository.
pub async fn create(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Problem> {
    signed.scope(&app, Scope::WriteSecrets).await?;
    let text = body.fields().await?.required("repoFullName")?;
    let repo = Repo::parse("repoFullName", &text)?;
    if let Session::Account { .. } = signed.session
        && let Some(repository) = app
            .keyway
            .cases
            .forge()
            .repository(&repo.owner, &repo.name)
            .await
            .map_err(coffer_domain::Error::from)?
    {
        plan::check_new_vault(&app, &signed, &repository).await?;
    }
    let environments = ENVIRONMENTS
        .map(EnvName::new)
        .into_iter()
        .collect::<Result<_, _>>();
    let environments = environments.map_err(coffer_domain::Error::from)?;
    let names = (repo.owner.as_str(), repo.name.as_str());
    let made = app
        .keyway
        .cases
        .create(&signed.session, names, environments, signed.origin());
    let (vault, repository) = made.await?;
    let full_name = repository.map_or(text, |repository| repository.full_name());
    let (id, name) = (json!(vault.id.to_string()), json!(full_name));
    signed.note(
        &app,
        "vault_created",
        about([("repoFullName", name.clone()), ("vaultId", id.clone())]),
    );
    let told = json!({ "vaultId": id, "repoFullName": name, "message": "Vault created" });
    Ok(page::made(&signed.context, &told))
}
