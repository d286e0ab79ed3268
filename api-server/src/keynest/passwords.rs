//! argon2id, off the threads that answer requests. Two at a time take 38 MiB; some more wait their turn, and the
//! rest are told to come back, so that a flood of logins eats neither memory nor the server's other work.

use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, Version};
use async_trait::async_trait;
use coffer_domain::{
    secret_value::SecretValue,
    usecase::keynest::{Cost, PasswordError, Passwords},
};
use tokio::sync::Semaphore;

/// How many are stretched at once.
const AT_ONCE: usize = 2;
/// How many wait for that, those being stretched included.
const WAITING: usize = 128;

/// Stretches passwords.
#[derive(Debug)]
pub struct Argon2id {
    room: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

impl Default for Argon2id {
    fn default() -> Self {
        Self {
            room: Arc::new(Semaphore::new(WAITING)),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

#[async_trait]
impl Passwords for Argon2id {
    async fn stretch(
        &self,
        password: &SecretValue,
        salt: &[u8; 16],
        cost: Cost,
    ) -> Result<[u8; 32], PasswordError> {
        let room = Arc::clone(&self.room).try_acquire_owned();
        let room = room.map_err(|_| PasswordError::Busy)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|_| PasswordError::Busy)?;
        let (password, salt) = (password.clone(), *salt);
        // Both are held until it is done, even if nobody waits for it any more.
        let work = move || {
            let hash = stretch(&password, &salt, cost);
            drop((room, turn));
            hash
        };
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|_| PasswordError::Broken("it panicked".to_owned()))?
    }
}

fn stretch(password: &SecretValue, salt: &[u8; 16], cost: Cost) -> Result<[u8; 32], PasswordError> {
    let broken = |error: argon2::Error| PasswordError::Broken(error.to_string());
    let params = Params::new(cost.memory, cost.passes, cost.lanes, Some(32)).map_err(broken)?;
    let mut hash = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.reveal(), salt, &mut hash)
        .map_err(broken)?;
    Ok(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_depends_on_password_salt_and_cost_and_on_nothing_else() {
        let passwords = Argon2id::default();
        let small = Cost {
            memory: 64,
            passes: 1,
            lanes: 1,
        };
        let hash = async |password: &str, salt: u8, cost: Cost| {
            let password = SecretValue::from(password);
            passwords.stretch(&password, &[salt; 16], cost).await.unwrap()
        };
        let first = hash("a", 0, small).await;
        assert_eq!(first, hash("a", 0, small).await);
        assert_ne!(first, hash("b", 0, small).await);
        assert_ne!(first, hash("a", 1, small).await);
        assert_ne!(first, hash("a", 0, Cost { passes: 2, ..small }).await);
    }

    #[tokio::test]
    async fn who_comes_when_too_many_wait_is_told_so() {
        let passwords = Argon2id::default();
        let all = passwords.room.acquire_many(128).await.unwrap();
        let hash = async || passwords.stretch(&"a".into(), &[0; 16], Cost::USUAL).await;
        assert!(matches!(hash().await, Err(PasswordError::Busy)));
        drop(all);
        assert!(hash().await.is_ok());
    }
}
