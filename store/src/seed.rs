//! Key material in memory: 32 bytes that cannot be printed and are wiped when dropped.

use std::fmt;

use aws_lc_rs::{error::Unspecified, hkdf};
use coffer_domain::port::Entropy;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// How many bytes a [`Seed`] has.
pub const SEED_BYTES: usize = 32;

/// A key from which other keys are derived: a root key, or the data key of a vault.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Seed([u8; SEED_BYTES]);

impl Seed {
    /// A new one.
    pub fn fresh(entropy: &dyn Entropy) -> Self {
        let mut seed = Self([0; SEED_BYTES]);
        entropy.fill(&mut seed.0);
        seed
    }

    /// Copies `bytes`; `None` unless there are 32 of them.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Another key from this one, for what `label` says and `context` names.
    pub fn derive(&self, label: &[u8], context: &[u8]) -> Result<Self, Unspecified> {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, label).extract(&self.0);
        let mut derived = Self([0; SEED_BYTES]);
        root.expand(&[context], hkdf::HKDF_SHA256)?.fill(&mut derived.0)?;
        Ok(derived)
    }

    /// The key itself.
    pub fn reveal(&self) -> &[u8; SEED_BYTES] {
        &self.0
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}
