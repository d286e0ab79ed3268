//! Passwords: how they are kept and compared. What stretches them is a port, because it takes long on purpose and
//! much memory, and must not take the threads that answer requests.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use thiserror::Error;

use super::KeyNest;
use crate::{Error, secret_value::SecretValue};

/// What one try costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Cost {
    /// argon2id as OWASP's cheat sheet on password storage has it at the least: 19 MiB, two passes, one lane.
    pub const USUAL: Self = Self {
        memory: 19 * 1024,
        passes: 2,
        lanes: 1,
    };
}

/// Stretches passwords with argon2id (RFC 9106).
#[async_trait]
pub trait Passwords: Send + Sync + fmt::Debug {
    /// Thirty-two bytes of a password and a salt. Off the threads that answer requests, and few at a time.
    async fn stretch(
        &self,
        password: &SecretValue,
        salt: &[u8; 16],
        cost: Cost,
    ) -> Result<[u8; 32], PasswordError>;
}

/// A password was not stretched.
#[derive(Debug, Error)]
pub enum PasswordError {
    /// Too many wait already.
    #[error("too many passwords are being looked at")]
    Busy,
    /// The library failed.
    #[error("a password cannot be stretched: {0}")]
    Broken(String),
}

impl From<PasswordError> for Error {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::Unavailable(error.to_string()),
            PasswordError::Broken(why) => Self::Internal(why),
        }
    }
}

/// A password as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hashed {
    cost: Cost,
    #[serde(with = "hex::serde")]
    salt: [u8; 16],
    #[serde(with = "hex::serde")]
    hash: [u8; 32],
}

impl KeyNest {
    /// A new password, as it will be kept.
    pub(super) async fn hashed(&self, password: &SecretValue) -> Result<Hashed, Error> {
        let mut salt = [0; 16];
        self.coffer.entropy.fill(&mut salt);
        let cost = Cost::USUAL;
        let hash = self.passwords.stretch(password, &salt, cost).await?;
        Ok(Hashed { cost, salt, hash })
    }

    /// Whether `password` is the one that is kept. Where none is kept the same work is done, for nothing.
    pub(super) async fn is_password(
        &self,
        kept: Option<&Hashed>,
        password: &SecretValue,
    ) -> Result<bool, Error> {
        const NOBODYS: Hashed = Hashed {
            cost: Cost::USUAL,
            salt: [0; 16],
            hash: [0; 32],
        };
        let against = kept.unwrap_or(&NOBODYS);
        let hash = self
            .passwords
            .stretch(password, &against.salt, against.cost)
            .await?;
        let same: bool = hash.ct_eq(&against.hash).into();
        Ok(same & kept.is_some())
    }
}
