//! `DELETE /vaults/{owner}/{repo}/environments/{name}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::{Error, repo_role::Scope};
use serde_json::json;

use super::{DoneOut, known_name};
use crate::{
    app::App,
    keyway::{
        auth::Signed,
        error::{FORBIDDEN, Problem},
        notes::about,
        routes::secrets::full_name,
    },
};

/// Deletes an environment with all that is in it. The last one stays.
pub async fn delete(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::DeleteSecrets).await?;
    let name = known_name(signed.param("name"))?;
    let (organization, vault) = (&here.located.organization.name, &here.located.vault.name);
    let dropped = app
        .coffer
        .drop_environment(&here.caller, organization, vault, &name)
        .await;
    let now = match dropped {
        Err(Error::Refused(why)) => return Err(Problem::new(FORBIDDEN, why)),
        other => other?,
    };
    let noted = [
        ("repoFullName", json!(full_name(&here))),
        ("environment", json!(name.as_str())),
    ];
    signed.note(&app, "environment_deleted", about(noted));
    Ok(signed.one(&DoneOut::of(json!({ "deleted": name.as_str() }), &now)))
}
