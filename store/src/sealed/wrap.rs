//! Wrapping a data key for its place, which names the root key it is wrapped under.

use coffer_domain::store::StoreError;

use crate::{
    aad::Aad,
    kek::{KekError, KekProvider, KeyId, Wrapped},
    seed::Seed,
};

/// A root key may change between the question which it is and the wrapping, but not every time.
const ATTEMPTS: usize = 3;

/// Wraps `seed` under the current root key.
pub(super) async fn wrap(
    kek: &dyn KekProvider,
    place: impl Fn(&KeyId) -> Aad + Send + Sync,
    seed: &Seed,
) -> Result<Wrapped, KekError> {
    let mut id = kek.status().await?;
    for _ in 0..ATTEMPTS {
        let wrapped = kek.wrap(&place(&id), seed).await?;
        if wrapped.key_id == id {
            return Ok(wrapped);
        }
        id = wrapped.key_id;
    }
    Err(KekError::Unavailable(format!(
        "it wraps under another key each time, at last {id}"
    )))
}

/// To those who asked for a value, not for a key.
#[expect(clippy::needless_pass_by_value, reason = "it is what map_err passes")]
pub(super) fn store_error(error: KekError) -> StoreError {
    match error {
        KekError::Unavailable(_) => StoreError::Unavailable(error.to_string()),
        KekError::UnknownKey { .. } | KekError::Refused(_) => StoreError::Broken(error.to_string()),
    }
}
