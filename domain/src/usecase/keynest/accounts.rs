//! Accounts as who runs the server sees to them: another password, keeping somebody out, letting them in again. They
//! are everybody's, whatever organizations people belong to; so it takes a key of the door's own organization, which
//! nobody gets but from the data directory.

use serde_json::json;

use super::{
    HOME, KeyNest, User,
    log::{Doer, Done},
};
use crate::{
    Error,
    audit::Outcome,
    name::OrgName,
    rights::Permission,
    secret_value::SecretValue,
    usecase::{
        ATTEMPTS, Caller,
        access::{Ask, not_found},
        contended,
    },
};

/// What is to be changed of an account.
#[derive(Debug, Clone, Default)]
pub struct AccountChange {
    /// Another password.
    pub password: Option<SecretValue>,
    /// Whether they can log in.
    pub active: Option<bool>,
}

impl KeyNest {
    /// Changes the account of this address; either change ends its token. `organization` is the door's own.
    pub async fn change_account(
        &self,
        caller: &Caller,
        organization: &OrgName,
        email: &str,
        change: &AccountChange,
    ) -> Result<User, Error> {
        let ask = Ask {
            permission: Permission::ManageKeys,
            action: "user.change",
        };
        self.coffer
            .authorise_organization(caller, ask, organization)
            .await?;
        if organization.as_str() != HOME {
            return Err(not_found("user", email.to_owned()));
        }
        let user = self.user_by_email(email).await?;
        let user = user.ok_or_else(|| not_found("user", email.to_owned()))?;
        let number = user.body.number;
        if let Some(password) = &change.password {
            self.set_password(caller, user, &operator(), password).await?;
        }
        if let Some(active) = change.active {
            self.set_active(caller, number, active).await?;
        }
        Ok(self.user(number).await?.body)
    }

    async fn set_active(&self, caller: &Caller, number: u64, active: bool) -> Result<(), Error> {
        let (action, named) = if active {
            ("user.enable", "user_enabled")
        } else {
            ("user.disable", "user_disabled")
        };
        for _ in 0..ATTEMPTS {
            let found = self.user(number).await?;
            if found.body.is_active() == active {
                let target = format!("user:{}", super::session::user_id(number));
                let event = self.coffer.event(caller, action, target, Outcome::Allowed);
                self.coffer.store.record(self.home().await?, event).await?;
                return Ok(());
            }
            let after = User {
                disabled_at: (!active).then(|| self.coffer.clock.now()),
                ..found.body.clone()
            };
            let done = Done::new(named, "user", number, json!({}));
            let doer = operator();
            let ended = self.end_session(caller, number, action, (&doer, &done), Some((&found, after)));
            if ended.await? {
                return Ok(());
            }
        }
        Err(contended("the user"))
    }
}

/// How the readable log calls who did it.
fn operator() -> Doer {
    Doer {
        user: None,
        name: "the server's operator".to_owned(),
        email: String::new(),
    }
}
