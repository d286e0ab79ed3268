//! Overrides, and what roles may do.

use std::collections::BTreeMap;

use coffer_domain::{
    entity::EnvironmentType,
    id::UserId,
    record::Kept,
    repo_role::{Reach, RepoRole, Rules, Whom},
    usecase::keyway::{Entered, Override},
};
use serde::Serialize;

use super::{
    Moment,
    user::{PersonOut, person},
};
use crate::{app::App, keyway::error::Problem};

/// An override.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OverrideOut {
    id: String,
    environment: String,
    target_type: &'static str,
    target_user_id: Option<String>,
    target_role: Option<RepoRole>,
    target_user: Option<PersonOut>,
    can_read: bool,
    can_write: bool,
    created_by: String,
    created_by_user: Option<PersonOut>,
    created_at: Moment,
    updated_at: Moment,
}

impl OverrideOut {
    /// An override with the people it names.
    pub async fn of(app: &App, kept: Kept<Override>) -> Result<Self, Problem> {
        let exception = kept.body.exception;
        let (user, role) = match exception.whom {
            Whom::User(id) => (Some(id), None),
            Whom::Role(role) => (None, Some(role)),
        };
        let target_user = match user {
            Some(id) => person(app, &format!("user:{id}")).await?,
            None => None,
        };
        let by = kept.body.created_by;
        Ok(Self {
            id: kept.key,
            environment: exception
                .environment
                .map_or_else(|| "*".to_owned(), |it| it.to_string()),
            target_type: if user.is_some() { "user" } else { "role" },
            target_user_id: user.map(|id| id.to_string()),
            target_role: role,
            target_user,
            can_read: exception.reach.read,
            can_write: exception.reach.write,
            created_by: by.strip_prefix("user:").unwrap_or(&by).to_owned(),
            created_by_user: person(app, &by).await?,
            created_at: Moment(kept.created_at),
            updated_at: Moment(kept.updated_at),
        })
    }
}

/// What one role may do where no override says otherwise.
#[derive(Debug, Serialize)]
pub struct DefaultsOut {
    #[serde(flatten)]
    anywhere: ReachOut,
    protected: ReachOut,
    standard: ReachOut,
    development: ReachOut,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct ReachOut {
    read: bool,
    write: bool,
}

impl From<Reach> for ReachOut {
    fn from(reach: Reach) -> Self {
        Self {
            read: reach.read,
            write: reach.write,
        }
    }
}

/// What every role may do in a vault where no override says otherwise.
pub async fn defaults(app: &App, here: &Entered) -> Result<BTreeMap<&'static str, DefaultsOut>, Problem> {
    let organization = here.located.organization.name.as_str();
    let rules = app.keyway.cases.defaults_of(organization).await?;
    Ok(shown(&rules))
}

fn shown(rules: &Rules) -> BTreeMap<&'static str, DefaultsOut> {
    let nobody = UserId::from_bytes([0; 16]);
    let of = |role: RepoRole| {
        let reach = |is| {
            let environment = coffer_domain::name::EnvName::default_environment();
            ReachOut::from(rules.reach(nobody, role, &environment, is))
        };
        let defaults = DefaultsOut {
            anywhere: reach(EnvironmentType::Standard),
            protected: reach(EnvironmentType::Protected),
            standard: reach(EnvironmentType::Standard),
            development: reach(EnvironmentType::Development),
        };
        (role.as_str(), defaults)
    };
    RepoRole::ALL.map(of).into()
}
