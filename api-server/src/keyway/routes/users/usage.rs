//! `GET /users/me/usage`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use serde_json::json;

use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, plan},
};

const UNLIMITED: &str = "unlimited";

/// One's plan, its limits, and how much of them is used. The limits are shown whether or not they bite.
pub async fn usage(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    let vaults = app.keyway.cases.list(&signed.session, &signed.origin()).await?;
    let connections = app.keyway.cases.connections(&signed.session).await?;
    let private = |repository: &coffer_domain::forge::Repository| repository.private;
    let hidden = vaults
        .iter()
        .filter(|summary| summary.entered.repository.as_ref().is_none_or(private))
        .count();
    Ok(signed.one(&json!({
        "plan": plan::PLAN,
        "limits": {
            "maxPublicRepos": UNLIMITED,
            "maxPrivateRepos": plan::PRIVATE_VAULTS,
            "maxProviders": plan::PROVIDERS,
            "maxEnvironmentsPerVault": plan::ENVIRONMENTS,
            "maxSecretsPerPrivateVault": UNLIMITED,
        },
        "usage": { "public": vaults.len() - hidden, "private": hidden, "providers": connections.len() },
    })))
}
