//! Bytes that are wiped, also when they grow, and that cannot grow past the limit.

use std::io::{self, Write};

use zeroize::Zeroizing;

use super::MAX_OUTPUT_BYTES;
use crate::secret_value::SecretValue;

/// Output of a template or of a filter.
#[derive(Default)]
pub struct Buffer(Zeroizing<Vec<u8>>);

/// The output would be over [`MAX_OUTPUT_BYTES`].
#[derive(Debug)]
pub struct TooLong;

impl Buffer {
    /// A copy of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// Appends `bytes`.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        let needed = self.0.len() + bytes.len();
        if needed > MAX_OUTPUT_BYTES {
            return Err(TooLong);
        }
        if needed > self.0.capacity() {
            // Not Vec's own growth, which would leave an unwiped copy behind.
            let mut grown = Zeroizing::new(Vec::with_capacity(needed.max(2 * self.0.capacity())));
            grown.extend_from_slice(&self.0);
            self.0 = grown;
        }
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Hands the bytes over.
    pub fn into_value(mut self) -> SecretValue {
        SecretValue::new(std::mem::take(&mut *self.0))
    }
}

impl From<Zeroizing<Vec<u8>>> for Buffer {
    fn from(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes).map_err(|TooLong| io::ErrorKind::FileTooLarge)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
