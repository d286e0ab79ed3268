//! `PUT /vaults/{owner}/{repo}/permissions/overrides/{id}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::repo_role::{Reach, Scope};
use serde_json::json;

use crate::{
    app::App,
    keyway::{
        auth::Signed,
        error::Problem,
        model::override_::OverrideOut,
        notes::about,
        routes::{Unread, secrets::full_name},
    },
};

/// Changes what an override lets through.
pub async fn update(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::WriteSecrets).await?;
    let mut fields = body.fields().await?;
    let (read, write) = (fields.flag("canRead")?, fields.flag("canWrite")?);
    if read.is_none() && write.is_none() {
        return Err(Problem::field("body", "must hold canRead, canWrite, or both"));
    }
    let change = |reach: Reach| Reach {
        read: read.unwrap_or(reach.read),
        write: write.unwrap_or(reach.write),
    };
    let changed = app
        .keyway
        .cases
        .change_override(&here, signed.param("id"), change)
        .await?;
    signed.note(
        &app,
        "permission_changed",
        about([("repoFullName", json!(full_name(&here)))]),
    );
    Ok(signed.one(&OverrideOut::of(&app, changed).await?))
}
