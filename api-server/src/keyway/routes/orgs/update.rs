//! `PUT /orgs/{org}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::{repo_role::Scope, usecase::keyway::OrganizationSettings};
use serde_json::json;

use crate::{
    app::App,
    http::fields::{Fields, Said},
    keyway::{
        auth::Signed,
        error::Problem,
        model::organization::{ChangedOut, DefaultsOut, defaults},
        notes::about,
        routes::Unread,
    },
};

/// The longest name, in characters.
const LONGEST: usize = 100;

/// What is to be so from now on; what is not said is as it was.
struct Change {
    display_name: Said<String>,
    defaults: Option<DefaultsOut>,
}

/// Changes what an organization is called, and what roles may do in its vaults; for its owners.
pub async fn update(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Problem> {
    signed.scope(&app, Scope::WriteSecrets).await?;
    let change = Change::of(&mut body.fields().await?)?;
    let organization = signed.param("org");
    let made = |old: OrganizationSettings| OrganizationSettings {
        display_name: change.display_name.after(old.display_name),
        defaults: change.defaults.clone().unwrap_or(old.defaults),
        ..old
    };
    let cases = &app.keyway.cases;
    let changed = cases.change_company(&signed.session, organization, signed.origin(), made);
    let changed = changed.await?;
    if change.defaults.is_some() {
        let noted = about([("organization", json!(organization))]);
        signed.note(&app, "permission_changed", noted);
    }
    Ok(signed.one(&ChangedOut::of(changed)))
}

impl Change {
    fn of(fields: &mut Fields) -> Result<Self, Problem> {
        let named = fields.has("displayName");
        let display_name = fields.text("displayName")?;
        if display_name
            .as_ref()
            .is_some_and(|name| name.chars().count() > LONGEST)
        {
            let rule = format!("must be at most {LONGEST} characters");
            return Err(Problem::field("displayName", rule));
        }
        Ok(Self {
            display_name: if named {
                Said::This(display_name)
            } else {
                Said::Nothing
            },
            defaults: fields.any("defaultPermissions").map(defaults).transpose()?,
        })
    }
}
