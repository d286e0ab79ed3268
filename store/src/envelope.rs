//! One sealed record, as bytes. Pure: knows seeds and additional data, not where either comes from.
//!
//! ```text
//! magic "COF" ‖ format (1) ‖ suite (1) ‖ generation (4, big-endian) ‖ salt (32) ‖ commitment (32) ‖ ciphertext ‖ tag (16)
//! ```
//!
//! Suite 1: HKDF-SHA-256 (RFC 5869) of the seed with the record's salt; from it, with the additional data as
//! info, a key and nonce for AES-256-GCM (SP 800-38D) used for this record alone, and the commitment. GCM by
//! itself lets one ciphertext open under two keys; the commitment, compared before decryption, does not.
//! The header is additional data too. What is not known is refused: there is no fallback to anything older.

use std::fmt;

use aws_lc_rs::{
    aead::{self, AES_256_GCM, LessSafeKey, Nonce, UnboundKey},
    error::Unspecified,
    hkdf,
};
use coffer_domain::{port::Entropy, secret_value::SecretValue};
use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{aad::Aad, seed::Seed};

const MAGIC: [u8; 3] = *b"COF";
const FORMAT: u8 = 1;
const SUITE_HKDF_SHA256_AES256_GCM: u8 = 1;
const GENERATION_AT: usize = 5;
const SALT_AT: usize = 9;
const COMMITMENT_AT: usize = 41;
/// Bytes before the ciphertext.
pub const HEADER_BYTES: usize = 73;
/// Bytes after it.
pub const TAG_BYTES: usize = 16;
/// An AES-256 key, then a nonce of 96 bits.
const KEY_AND_NONCE_BYTES: usize = 32 + 12;
const KEY_INFO: &[u8] = b"coffer/v1/record-key";
const COMMITMENT_INFO: &[u8] = b"coffer/v1/record-commitment";

/// Why a record did not open, or was not sealed. Says nothing of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EnvelopeError {
    /// Shorter than a header and a tag.
    #[error("the record is cut short: it has {0} bytes")]
    Truncated(usize),
    /// It does not start as ours do.
    #[error("the record is not a sealed one")]
    Magic,
    /// From another program version.
    #[error("the record has format {0}, and this program knows format 1")]
    Format(u8),
    /// An algorithm that is not known here.
    #[error("the record uses cipher suite {0}, and this program knows suite 1")]
    Suite(u8),
    /// The commitment differs: another key, or another place than it was sealed for.
    #[error("the record was sealed under another key or for another place")]
    Commitment,
    /// The tag differs: the ciphertext was changed.
    #[error("the record was changed after it was sealed")]
    Tag,
    /// The crypto library failed.
    #[error("the crypto library failed")]
    Crypto,
}

impl From<Unspecified> for EnvelopeError {
    fn from(_: Unspecified) -> Self {
        Self::Crypto
    }
}

/// Seals `plaintext` under `seed`, whose generation goes in the header.
pub fn seal(
    (seed, generation): (&Seed, u32),
    aad: &Aad,
    plaintext: &[u8],
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, EnvelopeError> {
    let mut salt = [0; 32];
    entropy.fill(&mut salt);
    let keys = RecordKeys::derive(seed, &salt, aad)?;
    let mut record = Vec::with_capacity(HEADER_BYTES + plaintext.len() + TAG_BYTES);
    record.extend_from_slice(&MAGIC);
    record.extend_from_slice(&[FORMAT, SUITE_HKDF_SHA256_AES256_GCM]);
    record.extend_from_slice(&generation.to_be_bytes());
    record.extend_from_slice(&salt);
    record.extend_from_slice(&keys.commitment);
    let bound = aead::Aad::from(aad.clone().bound_to(&record));
    record.extend_from_slice(plaintext);
    let (key, nonce) = cipher(&keys.key_and_nonce)?;
    let tag = key.seal_in_place_separate_tag(nonce, bound, &mut record[HEADER_BYTES..])?;
    record.extend_from_slice(tag.as_ref());
    Ok(record)
}

/// The generation of the seed that opens `record`.
pub fn generation(record: &[u8]) -> Result<u32, EnvelopeError> {
    let (header, _) = split(record)?;
    Ok(u32::from_be_bytes(field(header, GENERATION_AT)))
}

/// Opens `record`, if it was sealed under `seed` for this very `aad` and not changed since.
pub fn open(seed: &Seed, aad: &Aad, record: &[u8]) -> Result<SecretValue, EnvelopeError> {
    opener(seed, aad, record)?.open(aad.clone(), record)
}

/// What opens one record: to derive it takes most of what opening costs. Whoever has the seeds and the record has it
/// too; it is wiped when dropped.
pub struct Opener(Zeroizing<[u8; KEY_AND_NONCE_BYTES]>);

/// The opener of `record`, if that was sealed under `seed` for this very `aad`.
pub fn opener(seed: &Seed, aad: &Aad, record: &[u8]) -> Result<Opener, EnvelopeError> {
    let (header, _) = split(record)?;
    let keys = RecordKeys::derive(seed, &field(header, SALT_AT), aad)?;
    let commitment: [u8; 32] = field(header, COMMITMENT_AT);
    if bool::from(keys.commitment.ct_eq(&commitment)) {
        Ok(Opener(keys.key_and_nonce))
    } else {
        Err(EnvelopeError::Commitment)
    }
}

impl Opener {
    /// Opens the record it is of. Of another one, or for another place, the tag differs.
    pub fn open(&self, aad: Aad, record: &[u8]) -> Result<SecretValue, EnvelopeError> {
        let (header, body) = split(record)?;
        let (key, nonce) = cipher(&self.0)?;
        // Wiped on every way out: a failed tag must not leave plaintext behind (RUSTSEC-2023-0096).
        let mut buffer = Zeroizing::new(body.to_vec());
        let opened = key
            .open_in_place(nonce, aead::Aad::from(aad.bound_to(header)), &mut buffer)
            .map_err(|_| EnvelopeError::Tag)?
            .len();
        buffer.truncate(opened);
        Ok(SecretValue::new(std::mem::take(&mut *buffer)))
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

/// The header, once it is known to be one of ours, and the rest.
fn split(record: &[u8]) -> Result<(&[u8; HEADER_BYTES], &[u8]), EnvelopeError> {
    let (header, body) = record
        .split_first_chunk::<HEADER_BYTES>()
        .ok_or(EnvelopeError::Truncated(record.len()))?;
    match *header {
        [a, b, c, ..] if [a, b, c] != MAGIC => Err(EnvelopeError::Magic),
        [_, _, _, format, ..] if format != FORMAT => Err(EnvelopeError::Format(format)),
        [_, _, _, _, suite, ..] if suite != SUITE_HKDF_SHA256_AES256_GCM => Err(EnvelopeError::Suite(suite)),
        _ if body.len() < TAG_BYTES => Err(EnvelopeError::Truncated(record.len())),
        _ => Ok((header, body)),
    }
}

/// `N` bytes of the header from `at`, which is a constant within it.
fn field<const N: usize>(header: &[u8; HEADER_BYTES], at: usize) -> [u8; N] {
    std::array::from_fn(|i| header[at + i])
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// What one record is sealed with.
struct RecordKeys {
    key_and_nonce: Zeroizing<[u8; KEY_AND_NONCE_BYTES]>,
    commitment: [u8; 32],
}

impl RecordKeys {
    fn derive(seed: &Seed, salt: &[u8; 32], aad: &Aad) -> Result<Self, EnvelopeError> {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(seed.reveal());
        let mut keys = Self {
            key_and_nonce: Zeroizing::new([0; KEY_AND_NONCE_BYTES]),
            commitment: [0; 32],
        };
        root.expand(&[KEY_INFO, aad.as_bytes()], Length(KEY_AND_NONCE_BYTES))?
            .fill(&mut *keys.key_and_nonce)?;
        root.expand(&[COMMITMENT_INFO, aad.as_bytes()], Length(32))?
            .fill(&mut keys.commitment)?;
        Ok(keys)
    }
}

fn cipher(key_and_nonce: &[u8; KEY_AND_NONCE_BYTES]) -> Result<(LessSafeKey, Nonce), EnvelopeError> {
    let (key, nonce) = key_and_nonce.split_at(32);
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key)?);
    Ok((key, Nonce::try_assume_unique_for_key(nonce)?))
}

#[cfg(test)]
#[path = "envelope_tests.rs"]
mod tests;
