//! `POST /vaults/{owner}/{repo}/permissions/overrides`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::{
    name::EnvName,
    repo_role::{Exception, Reach, RepoRole, Scope, Whom},
};
use serde_json::json;

use crate::{
    app::App,
    http::fields::{Fields, MISSING},
    keyway::{
        auth::Signed,
        error::Problem,
        model::override_::OverrideOut,
        notes::about,
        routes::{Unread, secrets::full_name},
    },
};

/// Makes an override.
pub async fn create(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::WriteSecrets).await?;
    let exception = exception(&mut body.fields().await?)?;
    let made = app.keyway.cases.add_override(&here, exception).await?;
    signed.note(
        &app,
        "permission_changed",
        about([("repoFullName", json!(full_name(&here)))]),
    );
    Ok(signed.one(&OverrideOut::of(&app, made).await?))
}

fn exception(fields: &mut Fields) -> Result<Exception, Problem> {
    let missing = |field| Problem::field(field, MISSING);
    let environment = match fields.required("environment")?.as_str() {
        "*" => None,
        name if name.len() <= 50 => {
            Some(EnvName::new(name).map_err(|bad| Problem::field("environment", bad.to_string()))?)
        }
        _ => return Err(Problem::field("environment", "must be 1 to 50 characters, or *")),
    };
    let whom = match fields.required("targetType")?.as_str() {
        "user" => {
            let id = fields.required("targetUserId")?.parse();
            Whom::User(id.map_err(|_| Problem::field("targetUserId", "must be the id of a user"))?)
        }
        "role" => {
            let role = RepoRole::parse(&fields.required("targetRole")?);
            let rule = "must be read, triage, write, maintain or admin";
            Whom::Role(role.ok_or_else(|| Problem::field("targetRole", rule))?)
        }
        _ => return Err(Problem::field("targetType", "must be user or role")),
    };
    let reach = Reach {
        read: fields.flag("canRead")?.ok_or_else(|| missing("canRead"))?,
        write: fields.flag("canWrite")?.ok_or_else(|| missing("canWrite"))?,
    };
    Ok(Exception {
        environment,
        whom,
        reach,
    })
}
