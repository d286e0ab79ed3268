//! `GET /vaults/{owner}/{repo}/collaborators`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::{
    Error,
    forge::Collaborator,
    id::UserId,
    repo_role::{RepoRole, Scope},
    usecase::keyway::DOOR,
};
use serde_json::{Value, json};

use crate::{
    app::App,
    keyway::{
        auth::Signed,
        error::{FORBIDDEN, Problem},
        routes::secrets::full_name,
    },
};

/// Who has a role on the repository, and what that gives them here.
pub async fn list(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::ReadSecrets).await?;
    if here.role != Some(RepoRole::Admin) {
        return Err(Problem::new(
            FORBIDDEN,
            "only who administers the repository sees who else has a role on it",
        ));
    }
    let mut shown: Vec<Value> = Vec::new();
    if let Some(repository) = &here.repository {
        let found = app.keyway.cases.forge().collaborators(repository).await;
        for Collaborator { user, role, bot } in found.map_err(Error::from)? {
            let id = UserId::of(DOOR, &user.id.to_string());
            let reaches = app.keyway.cases.reaches(&here, id, role).await?;
            shown.push(json!({
                "login": user.login,
                "avatarUrl": user.avatar,
                "htmlUrl": format!("https://github.com/{}", user.login),
                "githubPermission": role.as_str(),
                "keywayPermissions": {
                    "canRead": reaches.iter().any(|(_, reach)| reach.read),
                    "canWrite": reaches.iter().any(|(_, reach)| reach.write),
                    "canManage": role == RepoRole::Admin,
                },
                "type": if bot { "bot" } else { "user" },
            }));
        }
    }
    let told = json!({ "repoFullName": full_name(&here), "provider": "github", "collaborators": shown });
    Ok(signed.one(&told))
}
