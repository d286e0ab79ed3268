//! `POST /github/check-installation`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::{Error, usecase::keyway::Session};
use serde_json::json;

use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, model::repo::Repo, routes::Unread},
};

/// Whether the app is installed on a repository. One that the caller has no role on reads as one that is not there.
pub async fn check(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Problem> {
    let mut fields = body.fields().await?;
    let (owner, name) = (fields.required("repoOwner")?, fields.required("repoName")?);
    let repo = Repo::of(&owner, &name)?;
    let url = &app.keyway.settings.install_url;
    let Session::Account { account, .. } = &signed.session else {
        // A native key needs no app.
        return Ok(signed.one(&json!({ "installed": true, "installationId": 1, "installUrl": url })));
    };
    let forge = app.keyway.cases.forge();
    let found = forge
        .repository(&repo.owner, &repo.name)
        .await
        .map_err(Error::from)?;
    let mut installation = None;
    if let Some(found) = found
        && forge
            .role(&found, &account.body.user.login)
            .await
            .map_err(Error::from)?
            .is_some()
    {
        installation = found.installation;
    }
    Ok(signed.one(&match installation {
        Some(id) => json!({ "installed": true, "installationId": id, "installUrl": url }),
        None => json!({
            "installed": false,
            "installUrl": url,
            "message": "The GitHub App is not installed on this repository",
        }),
    }))
}
