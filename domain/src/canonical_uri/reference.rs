//! How logs, events and policies name a secret without saying where it is: keyed hashes of its URI.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::CanonicalUri;
use crate::secret_value::SecretValue;

/// A tenant's key for references.
#[derive(Clone)]
pub struct Salt(SecretValue);

impl Salt {
    /// The UTF-8 bytes of `text` are the key.
    pub fn new(text: SecretValue) -> Self {
        Self(text)
    }

    /// The reference of exactly this URI, its fragment and version among it.
    pub fn resource_ref(&self, uri: &CanonicalUri) -> String {
        self.hash(&uri.to_string())
    }

    /// The reference that all keys and versions of a path share.
    pub fn path_ref(&self, uri: &CanonicalUri) -> String {
        self.hash(&uri.whole().to_string())
    }

    fn hash(&self, text: &str) -> String {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.reveal()) else {
            return String::new();
        };
        mac.update(text.as_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

/// How policies name a secret of a tenant: `auth:v1:resource:secret:<provider>-<tenant>:<start of its path's reference>`.
pub fn arn(uri: &CanonicalUri, tenant: &str, path_ref: &str) -> String {
    let short = path_ref.get(..16).unwrap_or(path_ref);
    format!(
        "auth:v1:resource:secret:{}-{tenant}:{short}",
        uri.backend.provider()
    )
}
