//! Exported secrets under a password: AES-256-GCM under a key that PBKDF2-HMAC-SHA-256 makes of it (RFC 8018), with
//! the figures that the original states. Deriving the key is slow on purpose: call it where blocking is allowed.

use std::num::NonZeroU32;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    pbkdf2,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use coffer_domain::port::Entropy;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;
use zeroize::Zeroizing;

/// How often the password is hashed.
const ITERATIONS: u32 = 100_000;
/// The most that an import does of that: another program's export may state more, and not endlessly many.
const MOST_ITERATIONS: u32 = 1_000_000;
const SALT: usize = 16;
const NONCE: usize = 12;
const TAG: usize = 16;

/// An encrypted export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sealed {
    /// `json`.
    pub format: String,
    /// True.
    pub encrypted: bool,
    /// `aes-256-gcm`.
    pub algorithm: String,
    /// `pbkdf2-sha256`.
    pub kdf: String,
    /// How often the password is hashed.
    pub iterations: u32,
    /// 16 bytes in base64.
    pub salt: String,
    /// 12 bytes in base64.
    pub iv: String,
    /// 16 bytes in base64.
    pub tag: String,
    /// The rest in base64.
    pub data: String,
}

/// It is none of ours, or the password is wrong: which of both is not told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the password is wrong, or this is no export")]
pub struct Shut;

fn key(password: &[u8], salt: &[u8], iterations: u32) -> Result<LessSafeKey, Shut> {
    let iterations = NonZeroU32::new(iterations)
        .filter(|it| it.get() <= MOST_ITERATIONS)
        .ok_or(Shut)?;
    let mut key = Zeroizing::new([0; 32]);
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, iterations, salt, password, &mut *key);
    let key = UnboundKey::new(&AES_256_GCM, &*key).map_err(|_| Shut)?;
    Ok(LessSafeKey::new(key))
}

/// Encrypts `plain`.
pub fn seal(plain: &[u8], password: &[u8], entropy: &dyn Entropy) -> Result<Sealed, Shut> {
    let (mut salt, mut iv) = ([0; SALT], [0; NONCE]);
    entropy.fill(&mut salt);
    entropy.fill(&mut iv);
    let key = key(password, &salt, ITERATIONS)?;
    let mut bytes = Zeroizing::new(plain.to_vec());
    let nonce = Nonce::assume_unique_for_key(iv);
    let tag = key
        .seal_in_place_separate_tag(nonce, Aad::empty(), bytes.as_mut_slice())
        .map_err(|_| Shut)?;
    let text = |bytes: &[u8]| BASE64_STANDARD.encode(bytes);
    Ok(Sealed {
        format: "json".to_owned(),
        encrypted: true,
        algorithm: "aes-256-gcm".to_owned(),
        kdf: "pbkdf2-sha256".to_owned(),
        iterations: ITERATIONS,
        salt: text(&salt),
        iv: text(&iv),
        tag: text(tag.as_ref()),
        data: text(&bytes),
    })
}

/// Decrypts it.
pub fn open(sealed: &Sealed, password: &[u8]) -> Result<Zeroizing<Vec<u8>>, Shut> {
    let bytes = |text: &str| BASE64_STANDARD.decode(text).map_err(|_| Shut);
    if sealed.algorithm != "aes-256-gcm" || sealed.kdf != "pbkdf2-sha256" {
        return Err(Shut);
    }
    let iv: [u8; NONCE] = bytes(&sealed.iv)?.try_into().map_err(|_| Shut)?;
    let tag = bytes(&sealed.tag)?;
    if tag.len() != TAG {
        return Err(Shut);
    }
    let key = key(password, &bytes(&sealed.salt)?, sealed.iterations)?;
    let mut data = Zeroizing::new(bytes(&sealed.data)?);
    data.extend_from_slice(&tag);
    let nonce = Nonce::assume_unique_for_key(iv);
    let length = key
        .open_in_place(nonce, Aad::empty(), data.as_mut_slice())
        .map_err(|_| Shut)?
        .len();
    data.truncate(length);
    Ok(data)
}

#[cfg(test)]
mod tests {
    use coffer_domain::testkit::SeededEntropy;

    use super::*;

    #[test]
    fn what_was_sealed_opens_under_its_password_alone_and_unchanged() {
        let sealed = seal(b"hunter2", b"pw", &SeededEntropy::new(1)).unwrap();
        assert_eq!(open(&sealed, b"pw").unwrap().as_slice(), b"hunter2");
        assert_eq!(open(&sealed, b"pq").unwrap_err(), Shut);
        let changed = |change: fn(&mut Sealed)| {
            let mut other = sealed.clone();
            change(&mut other);
            open(&other, b"pw")
        };
        assert!(changed(|it| it.iterations = 0).is_err());
        assert!(changed(|it| it.iterations = u32::MAX).is_err());
        assert!(changed(|it| it.tag = String::new()).is_err());
        assert!(changed(|it| it.algorithm = "none".into()).is_err());
        assert!(changed(|it| it.data = BASE64_STANDARD.encode(b"hunter3")).is_err());
    }
}
