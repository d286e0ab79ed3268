//! The notation of a sealed value.

use std::{fmt, str::FromStr};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::{KeyId, SealError, key::KEY_BYTES};
use crate::{
    address::{Address, Place},
    name::{EnvName, OrgName, SecretName, VaultName},
};

const PREFIX: &str = "coffer-seal:v1:";

/// The longest sealed value, in characters: the largest value, padded, in base64, with the longest names.
pub const LONGEST: usize = 90_000;

/// Bytes of the authentication tag.
const TAG_BYTES: usize = 16;

/// A sealed value as it is read: nothing of it is proven yet but its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The key it says it was sealed to.
    pub key: KeyId,
    /// The place it says it was sealed for.
    pub address: Address,
    /// The encapsulated key.
    pub(super) encapsulated: [u8; KEY_BYTES],
    /// The value, padded and encrypted, and the tag.
    pub(super) ciphertext: Vec<u8>,
}

impl Sealed {
    /// What of the place it was sealed for is not as in `here`, the largest first.
    pub fn check_place(&self, here: &Address) -> Result<(), SealError> {
        let (ours, theirs) = (&self.address.place, &here.place);
        let pairs = [
            (
                "namespace",
                ours.organization.as_str(),
                theirs.organization.as_str(),
            ),
            ("vault", ours.vault.as_str(), theirs.vault.as_str()),
            (
                "environment",
                ours.environment.as_str(),
                theirs.environment.as_str(),
            ),
            ("key", self.address.name.as_str(), here.name.as_str()),
        ];
        let differs = pairs.into_iter().find(|(_, sealed, here)| sealed != here);
        differs.map_or(Ok(()), |(what, sealed, here)| {
            let (sealed, here) = (sealed.to_owned(), here.to_owned());
            Err(SealError::Elsewhere { what, sealed, here })
        })
    }
}

impl fmt::Display for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = &self.address.place;
        let mut bytes = self.encapsulated.to_vec();
        bytes.extend_from_slice(&self.ciphertext);
        write!(
            f,
            "{PREFIX}{}:{}/{}/{}/{}:{}",
            self.key,
            place.organization,
            place.vault,
            place.environment,
            self.address.name,
            BASE64_URL_SAFE_NO_PAD.encode(bytes)
        )
    }
}

impl FromStr for Sealed {
    type Err = SealError;

    fn from_str(text: &str) -> Result<Self, SealError> {
        let bad = SealError::Malformed;
        if text.len() > LONGEST {
            return Err(bad("it is longer than any"));
        }
        let rest = text
            .strip_prefix(PREFIX)
            .ok_or(bad("it must begin with coffer-seal:v1:"))?;
        let mut parts = rest.split(':');
        let (Some(key), Some(place), Some(body), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(bad("it must have five parts between colons"));
        };
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(body);
        let bytes = bytes.map_err(|_| bad("its last part is not base64url"))?;
        let (encapsulated, ciphertext) = bytes
            .split_first_chunk::<KEY_BYTES>()
            .filter(|(_, ciphertext)| ciphertext.len() > TAG_BYTES)
            .ok_or(bad("its last part is too short: it was cut off"))?;
        Ok(Self {
            key: key.parse()?,
            address: address(place)?,
            encapsulated: *encapsulated,
            ciphertext: ciphertext.to_vec(),
        })
    }
}

/// `<organization>/<vault>/<environment>/<name>`; only the name may hold slashes.
fn address(text: &str) -> Result<Address, SealError> {
    let bad = || SealError::Malformed("its place must be <namespace>/<vault>/<environment>/<key>");
    let mut parts = text.splitn(4, '/');
    let mut next = || parts.next().ok_or_else(bad);
    let place = Place {
        organization: OrgName::new(next()?).map_err(|_| bad())?,
        vault: VaultName::new(next()?).map_err(|_| bad())?,
        environment: EnvName::new(next()?).map_err(|_| bad())?,
    };
    Ok(place.secret(SecretName::new(next()?).map_err(|_| bad())?))
}
