//! Why a store did not open.

use coffer_domain::store::StoreError;
use thiserror::Error;

use crate::{
    engine::sqlite::OpenSqliteError,
    envelope::EnvelopeError,
    kek::{KekError, KeyId},
    system::BadEntropy,
};

/// Why a store did not open.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The database.
    #[error(transparent)]
    Database(#[from] OpenSqliteError),
    /// The root key is another one than the store was made under.
    #[error("the store is under root key {expected}, and the root key given is {given}")]
    WrongRootKey {
        /// The one that opens it.
        expected: KeyId,
        /// The one given.
        given: KeyId,
    },
    /// The root key's provider.
    #[error(transparent)]
    RootKey(#[from] KekError),
    /// The store's own record does not open.
    #[error("the store's own record does not open: {0}")]
    Record(#[from] EnvelopeError),
    /// Reading or writing.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The machine gives no randomness.
    #[error(transparent)]
    Entropy(#[from] BadEntropy),
}
