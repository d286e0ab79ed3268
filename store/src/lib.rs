//! Encrypted persistence: envelope crypto, engines, migrations.
//!
//! A root key wraps one data key per vault; from that, a key per record is derived (see [`envelope`]). The
//! [`engine`] keeps rows and never sees a value or a key in the clear; [`sealed`] puts the two together into
//! the domain's `Store`.
//!
//! A commit that was acknowledged survives the death of the process and the loss of whatever the operating
//! system had not yet written; it does not survive the loss of the disk. For the records of reads see
//! [`AuditDurability`].

mod aad;
#[cfg(test)]
mod contract;
pub mod engine;
pub mod envelope;
mod error;
pub mod kek;
mod keypair;
mod keyring;
pub mod sealed;
mod seed;
mod system;

use std::{path::PathBuf, sync::Arc};

use coffer_domain::{port::Entropy, store::Store};

pub use aad::Aad;
pub use engine::{AuditDurability, Stats, sqlite::OpenSqliteError};
pub use error::OpenError;
pub use keypair::SystemKeyPairs;
pub use seed::{SEED_BYTES, Seed};
pub use system::{BadEntropy, SystemClock, SystemEntropy};

use engine::sqlite::Sqlite;
use kek::KekProvider;
use sealed::SealedStore;

/// The embedded store.
pub type SqliteStore = SealedStore<Sqlite>;

/// What a store is opened with.
#[derive(Clone)]
pub struct StoreOptions {
    /// The directory it lives in, and nothing else does; made, for its owner only, if it is not there.
    pub path: PathBuf,
    /// Who holds the root key.
    pub kek: Arc<dyn KekProvider>,
    /// Where keys and salts come from.
    pub entropy: Arc<dyn Entropy>,
    /// When the record of a read counts as kept.
    pub audit_durability: AuditDurability,
}

impl StoreOptions {
    /// With the system's randomness, and reads that wait for their record to be written.
    pub fn new(path: impl Into<PathBuf>, kek: Arc<dyn KekProvider>) -> Result<Self, BadEntropy> {
        let entropy = Arc::new(SystemEntropy::checked()?);
        Ok(Self {
            path: path.into(),
            kek,
            entropy,
            audit_durability: AuditDurability::default(),
        })
    }
}

/// Opens the embedded store, making it if it is not there. Blocks the thread while it opens the database.
pub async fn open(options: StoreOptions) -> Result<Arc<dyn Store>, OpenError> {
    Ok(Arc::new(open_sqlite(options).await?))
}

/// The same, with its counters.
pub async fn open_sqlite(options: StoreOptions) -> Result<SqliteStore, OpenError> {
    let engine = Sqlite::open(&options.path)?;
    SealedStore::open(engine, options.kek, options.entropy, options.audit_durability).await
}
