//! `GET /vaults/{owner}/{repo}/secrets/{id}/versions`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::{
    address::{Address, Version},
    repo_role::Scope,
    usecase::keyway::Entered,
};

use super::{VERSIONS, find};
use crate::{
    app::App,
    keyway::{
        auth::Signed,
        error::Problem,
        model::secret::{VersionOut, version_id},
    },
};

/// The values before the present one, newest first.
pub async fn list(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::ReadSecrets).await?;
    let (id, address) = find(&app, &here, signed.param("id")).await?;
    let secret = app.coffer.describe_secret(&here.caller, &address).await?;
    let mut shown = Vec::new();
    for meta in app.keyway.cases.past_versions(&secret, VERSIONS).await? {
        shown.push(VersionOut::of(&app, id, &meta).await?);
    }
    Ok(signed.one(&shown))
}

/// The secret and the version that a path names.
pub async fn find_version(app: &App, here: &Entered, signed: &Signed) -> Result<(Address, Version), Problem> {
    let (id, address) = find(app, here, signed.param("id")).await?;
    let secret = app.coffer.describe_secret(&here.caller, &address).await?;
    let past = app.keyway.cases.past_versions(&secret, VERSIONS).await?;
    let wanted = signed.param("version");
    let found = past.iter().find(|meta| version_id(id, meta.version) == wanted);
    let found = found.ok_or_else(|| Problem::missing("version"))?;
    Ok((address, found.version))
}
