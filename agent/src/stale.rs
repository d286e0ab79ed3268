//! Starting while the server cannot be reached: reads the bundle that lies in a volume of the pod, asks the injector for
//! its key, and opens it. Whether the values are too old says the injector, which derives the key for the very time that
//! stands in the bundle: with another time it opens nothing.

use std::io;
use std::time::{Duration, Instant};

use coffer_wire::Delivered;
use coffer_wire::bundle::{BundleValues, Header, KeyRequest};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::client::{Client, ClientError};
use crate::net::{Trust, TrustError};
use crate::settings::StaleSettings;

/// How long the server may be out of reach before a pod starts with older values: longer than its restart takes, and well
/// before the hook gives up.
const PATIENCE: Duration = Duration::from_secs(8);

/// Since when the server has been out of reach.
#[derive(Debug, Default)]
pub struct Absence(Option<Instant>);

impl Absence {
    /// It is, still or again. Whether that has lasted for so long that a bundle is due.
    pub fn lasts(&mut self) -> bool {
        self.0.get_or_insert_with(Instant::now).elapsed() >= PATIENCE
    }

    /// It answered.
    pub fn ends(&mut self) {
        self.0 = None;
    }
}

/// Secrets by name.
type Secrets = std::collections::BTreeMap<String, Delivered>;

/// Why a pod cannot start with older values.
#[derive(Debug, Error)]
pub enum StaleError {
    /// No bundle.
    #[error("no values are kept for this pod: {0}")]
    Missing(io::Error),
    /// Something else.
    #[error("what is kept for this pod is no bundle of this version")]
    Form,
    /// The injector's certificates.
    #[error("the injector's certificates: {0}")]
    Trust(#[from] TrustError),
    /// No key.
    #[error("no key for the values that are kept: {0}")]
    Key(#[from] ClientError),
    /// It does not open.
    #[error("the values that are kept were not sealed for this pod, or were changed since")]
    Sealed,
}

/// Who asks the injector.
pub struct Keys<'a> {
    settings: &'a StaleSettings,
    token_file: &'a std::path::PathBuf,
    trust: Trust,
}

impl<'a> Keys<'a> {
    /// With the pod's token.
    pub fn new(settings: &'a StaleSettings, token_file: &'a std::path::PathBuf) -> Result<Self, TrustError> {
        Ok(Self {
            settings,
            token_file,
            trust: Trust::parse(&settings.trust)?,
        })
    }

    fn client(&self) -> Client<'_> {
        Client {
            server: &self.settings.keys,
            trust: &self.trust,
            token_file: self.token_file,
        }
    }

    /// Tells that the values in place are current again.
    pub fn tell_current(&self) -> Result<(), ClientError> {
        self.client().bundle_current()
    }

    /// The values of the bundle.
    pub fn values(&self) -> Result<Secrets, StaleError> {
        let bundle = std::fs::read(&self.settings.bundle).map_err(StaleError::Missing)?;
        let (header, sealed) = Header::split(&bundle).ok_or(StaleError::Form)?;
        let request = KeyRequest {
            content: self.settings.content.clone(),
            header: header.to_bytes().to_vec(),
        };
        let key = self.client().bundle_key(&request)?;
        open(key.reveal(), &header, sealed).ok_or(StaleError::Sealed)
    }
}

/// Opens what is sealed under a key of one bundle: AES-256-GCM with a zero nonce, as the key is used once.
fn open(key: &[u8], header: &Header, sealed: &[u8]) -> Option<Secrets> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?);
    let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
    let mut text = Zeroizing::new(sealed.to_vec());
    let opened = key
        .open_in_place(nonce, Aad::from(header.to_bytes()), &mut text)
        .ok()?;
    let values: BundleValues = serde_json::from_slice(opened).ok()?;
    Some(values.secrets)
}

#[cfg(test)]
mod tests {
    use coffer_bundle::{ROOT_BYTES, RootKeys, seal};
    use coffer_wire::SecretValue;
    use coffer_wire::bundle::{BundleContent, BundleIdentity};

    use super::*;

    fn identity(service_account: &str) -> BundleIdentity {
        BundleIdentity {
            namespace: "team".into(),
            service_account: service_account.into(),
            content: BundleContent {
                organization: "team".into(),
                vault: "app".into(),
                environment: "default".into(),
                names: None,
                max_stale: 60,
            },
        }
    }

    #[test]
    fn opens_what_the_operator_sealed_and_nothing_else() {
        let keys = RootKeys::new(SecretValue::new(vec![1; ROOT_BYTES]), None).unwrap();
        let header = Header {
            generation: keys.generation(),
            issued: 1000,
            max_stale: 60,
            salt: [3; 32],
        };
        let value = SecretValue::from("hunter2");
        let secrets = Secrets::from([(
            "A".to_owned(),
            Delivered {
                version: 4,
                value: value.clone(),
            },
        )]);
        let bundle = seal(&keys, &header, &identity("web"), secrets).unwrap();
        let (read, sealed) = Header::split(&bundle).unwrap();
        let key = keys.derive(&read, &identity("web")).unwrap();
        let opened = open(&*key, &read, sealed).unwrap();
        assert_eq!((opened["A"].version, &opened["A"].value), (4, &value));

        let other = keys.derive(&read, &identity("worker")).unwrap();
        assert!(
            open(&*other, &read, sealed).is_none(),
            "another service account's key"
        );
        let longer = Header {
            max_stale: 61,
            ..read
        };
        assert!(open(&*key, &longer, sealed).is_none(), "another time");
        let mut flipped = sealed.to_vec();
        *flipped.last_mut().unwrap() ^= 1;
        assert!(open(&*key, &read, &flipped).is_none());
        assert!(open(&key[..31], &read, sealed).is_none());
    }

    #[test]
    fn a_server_that_answered_is_not_gone() {
        let mut absence = Absence::default();
        assert!(!absence.lasts());
        absence.0 = absence.0.and_then(|since| since.checked_sub(PATIENCE));
        assert!(absence.lasts());
        absence.ends();
        assert!(!absence.lasts());
    }
}
