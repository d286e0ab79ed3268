//! Sealing and opening: what is bound, how lengths are hidden, and the one suite.

use std::convert::Infallible;

use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, Serializable,
    aead::ChaCha20Poly1305,
    kdf::HkdfSha256,
    kem::X25519HkdfSha256,
    rand_core::{TryCryptoRng, TryRng},
    single_shot_open, single_shot_seal_with_rng,
};
use zeroize::Zeroizing;

use super::{KeyId, PublicKey, SealError, Sealed, SealingPair, key::KEY_BYTES};
use crate::{
    address::Address,
    port::Entropy,
    secret_value::{MAX_BYTES, SecretValue},
};

/// What comes first of all that is bound: a ciphertext of another use, or of another version, never opens.
const LABEL: &[u8] = b"coffer/v1/seal";

/// Plaintexts are filled up to a multiple of it, so that a ciphertext does not tell how long a password is.
const BLOCK: usize = 64;

/// Bytes of the length before the value.
const LENGTH_BYTES: usize = 4;

/// Seals `value` for `address` alone, to the vault's public key. The same value never looks the same twice.
pub fn seal(
    entropy: &dyn Entropy,
    key: &PublicKey,
    address: &Address,
    value: &SecretValue,
) -> Result<Sealed, SealError> {
    if value.len() > MAX_BYTES {
        return Err(SealError::TooLarge(value.len()));
    }
    let weak = |_| SealError::BadKey("nothing can be sealed to this key");
    let recipient = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(key.bytes()).map_err(weak)?;
    let id = key.id();
    let (encapsulated, ciphertext) =
        single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &recipient,
            &bound(address),
            &pad(value),
            id.to_string().as_bytes(),
            &mut Drawn(entropy),
        )
        .map_err(weak)?;
    let mut bytes = [0; KEY_BYTES];
    encapsulated.write_exact(&mut bytes);
    Ok(Sealed {
        key: id,
        address: address.clone(),
        encapsulated: bytes,
        ciphertext,
    })
}

/// Opens what was sealed for `here`, with the pair of its key id among `pairs`.
pub fn open(pairs: &[SealingPair], sealed: &Sealed, here: &Address) -> Result<SecretValue, SealError> {
    sealed.check_place(here)?;
    let pair = pairs.iter().find(|pair| pair.public().id() == sealed.key);
    let pair = pair.ok_or(SealError::UnknownKey(sealed.key))?;
    decrypt(pair, sealed, here).ok_or(SealError::Broken(sealed.key))
}

/// The value, or no reason at all: which step failed is nobody's to learn.
fn decrypt(pair: &SealingPair, sealed: &Sealed, here: &Address) -> Option<SecretValue> {
    let private = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(pair.private().reveal()).ok()?;
    let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&sealed.encapsulated).ok()?;
    let id: KeyId = sealed.key;
    let padded = single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &private,
        &encapsulated,
        &bound(here),
        &sealed.ciphertext,
        id.to_string().as_bytes(),
    );
    unpad(&Zeroizing::new(padded.ok()?))
}

/// Label and place, each behind its length: no two places read alike.
fn bound(address: &Address) -> Vec<u8> {
    let place = &address.place;
    let parts = [
        LABEL,
        place.organization.as_str().as_bytes(),
        place.vault.as_str().as_bytes(),
        place.environment.as_str().as_bytes(),
        address.name.as_str().as_bytes(),
    ];
    let mut info = Vec::new();
    for part in parts {
        info.extend_from_slice(&(part.len() as u64).to_be_bytes());
        info.extend_from_slice(part);
    }
    info
}

/// The value behind its length, with zeros up to a whole block.
fn pad(value: &SecretValue) -> Zeroizing<Vec<u8>> {
    let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
    let whole = (LENGTH_BYTES + value.len()).next_multiple_of(BLOCK);
    let mut padded = Zeroizing::new(Vec::with_capacity(whole));
    padded.extend_from_slice(&length.to_be_bytes());
    padded.extend_from_slice(value.reveal());
    padded.resize(whole, 0);
    padded
}

fn unpad(padded: &[u8]) -> Option<SecretValue> {
    let (length, rest) = padded.split_first_chunk::<LENGTH_BYTES>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let value = rest.get(..length).filter(|_| length <= MAX_BYTES)?;
    Some(SecretValue::new(value))
}

/// The port's randomness, as the cipher asks for it.
struct Drawn<'a>(&'a dyn Entropy);

impl TryRng for Drawn<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(into);
        Ok(())
    }
}

impl TryCryptoRng for Drawn<'_> {}

#[cfg(test)]
#[path = "rfc9180.rs"]
mod rfc9180;
