//! Users.

use coffer_domain::{
    id::UserId,
    record::Kept,
    usecase::keyway::{Account, Session},
};
use serde::Serialize;

use super::Moment;
use crate::{
    app::App,
    keyway::{error::Problem, plan::PLAN},
};

/// Somebody, to themselves.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserOut {
    id: String,
    username: String,
    login: String,
    github_id: Option<u64>,
    avatar_url: Option<String>,
    email: Option<String>,
    plan: &'static str,
    forge_type: &'static str,
    forge_user_id: String,
    created_at: Option<Moment>,
}

impl UserOut {
    /// Whose session it is. A native key is nobody at the forge.
    pub fn of(session: &Session) -> Self {
        match session.account() {
            Some((id, account)) => Self::known(id, account),
            None => Self {
                id: session.actor(),
                username: session.actor(),
                login: session.actor(),
                github_id: None,
                avatar_url: None,
                email: None,
                plan: PLAN,
                forge_type: "github",
                forge_user_id: String::new(),
                created_at: None,
            },
        }
    }

    fn known(id: UserId, kept: &Kept<Account>) -> Self {
        let user = &kept.body.user;
        Self {
            id: id.to_string(),
            username: user.login.clone(),
            login: user.login.clone(),
            github_id: Some(user.id),
            avatar_url: Some(user.avatar.clone()),
            email: user.email.clone(),
            plan: PLAN,
            forge_type: "github",
            forge_user_id: user.id.to_string(),
            created_at: Some(Moment(kept.created_at)),
        }
    }
}

/// Somebody, to others.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonOut {
    id: String,
    username: String,
    avatar_url: String,
}

/// Whoever the audit log calls `principal`, if it is a user that this door knows.
pub async fn person(app: &App, principal: &str) -> Result<Option<PersonOut>, Problem> {
    let id: Option<UserId> = principal.strip_prefix("user:").and_then(|id| id.parse().ok());
    let Some(id) = id else {
        return Ok(None);
    };
    let found = app.keyway.cases.account(id).await?;
    Ok(found.map(|account| PersonOut {
        id: id.to_string(),
        username: account.body.user.login,
        avatar_url: account.body.user.avatar,
    }))
}
