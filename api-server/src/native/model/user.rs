//! People with accounts of their own.

use coffer_domain::{
    Error,
    secret_value::SecretValue,
    usecase::keynest::{AccountChange, User},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::keynest::rules;

/// What is to be changed; one of both at least.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserIn {
    /// Another password, as strong as at registration.
    #[serde(default, deserialize_with = "super::secret::text")]
    #[schema(value_type = Option<String>, nullable = false)]
    password: Option<SecretValue>,
    /// Whether they can log in.
    #[schema(nullable = false)]
    active: Option<bool>,
}

impl UserIn {
    /// In the domain's words.
    pub fn into_change(self) -> Result<AccountChange, Error> {
        if self.password.is_none() && self.active.is_none() {
            return Err(Error::invalid("body", "must have password, active or both"));
        }
        let text = |password: &SecretValue| std::str::from_utf8(password.reveal()).ok().map(rules::password);
        match self.password.as_ref().map(text) {
            Some(None) => return Err(Error::invalid("password", "must be text")),
            Some(Some(Some(weak))) => return Err(Error::invalid("password", weak)),
            Some(Some(None)) | None => {}
        }
        Ok(AccountChange {
            password: self.password,
            active: self.active,
        })
    }
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserOut {
    /// Its number.
    id: u64,
    /// The person's name.
    username: String,
    /// Their address.
    email: String,
    /// Whether they can log in.
    active: bool,
}

impl From<User> for UserOut {
    fn from(user: User) -> Self {
        Self {
            id: user.number,
            active: user.is_active(),
            username: user.username,
            email: user.email,
        }
    }
}
