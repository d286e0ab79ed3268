//! `#token`: one key of a secret.

use std::fmt;

use super::UriFault;

/// The longest fragment as written, in bytes.
const LONGEST: usize = 255;

/// One key of a secret, percent-encoded where the grammar has no character for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fragment {
    written: String,
    key: String,
}

impl Fragment {
    /// Reads a fragment that is not empty.
    pub(super) fn parse(text: &str) -> Result<Self, UriFault> {
        let mut written = String::with_capacity(text.len());
        let mut key = Vec::with_capacity(text.len());
        let mut rest = text.as_bytes();
        while let Some((&first, after)) = rest.split_first() {
            let (byte, after) = if first == b'%' {
                encoded(after)?
            } else {
                (first, after)
            };
            if is_literal(byte) {
                written.push(char::from(byte));
            } else if first == b'%' {
                encode(byte, &mut written);
            } else {
                return Err(UriFault::IllegalSegment);
            }
            key.push(byte);
            rest = after;
        }
        let key = String::from_utf8(key).map_err(|_| UriFault::IllegalSegment)?;
        if !(1..=LONGEST).contains(&written.len()) || key.contains('\0') {
            return Err(UriFault::IllegalSegment);
        }
        Ok(Self { written, key })
    }

    /// The fragment of a key.
    pub fn of_key(key: &str) -> Result<Self, UriFault> {
        let mut text = String::with_capacity(key.len());
        for byte in key.bytes() {
            if is_literal(byte) {
                text.push(char::from(byte));
            } else {
                encode(byte, &mut text);
            }
        }
        Self::parse(&text)
    }

    /// The key that it names.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// Appends a byte percent-encoded.
fn encode(byte: u8, text: &mut String) {
    text.push('%');
    text.push_str(&hex::encode_upper([byte]));
}

/// The byte of two hexadecimal digits, and what follows them.
fn encoded(after: &[u8]) -> Result<(u8, &[u8]), UriFault> {
    let (digits, rest) = after.split_at_checked(2).ok_or(UriFault::IllegalSegment)?;
    let mut byte = [0];
    hex::decode_to_slice(digits, &mut byte).map_err(|_| UriFault::IllegalSegment)?;
    Ok((byte[0], rest))
}

fn is_literal(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._-~/:@+=,;!$'()".contains(&byte)
}

impl fmt::Display for Fragment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}
