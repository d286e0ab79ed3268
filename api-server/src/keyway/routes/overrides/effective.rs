//! `GET /vaults/{owner}/{repo}/permissions/effective`

use std::{collections::BTreeMap, sync::Arc};

use axum::{extract::State, response::Response};
use coffer_domain::repo_role::{RepoRole, Scope};
use serde_json::{Value, json};

use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem},
};

/// What one may do in each environment, by the role on the repository and the overrides.
pub async fn effective(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::ReadSecrets).await?;
    let mut permissions: BTreeMap<String, Value> = BTreeMap::new();
    if let (Some((id, _)), Some(role)) = (signed.session.account(), here.role) {
        for (environment, reach) in app.keyway.cases.reaches(&here, id, role).await? {
            let shown = json!({
                "canRead": reach.read,
                "canWrite": reach.write,
                "read": reach.read,
                "write": reach.write,
            });
            permissions.insert(environment.to_string(), shown);
        }
    }
    Ok(signed.one(&json!({ "role": here.role.map(RepoRole::as_str), "permissions": permissions })))
}
