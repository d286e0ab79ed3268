//! The contents of the certificate Secret.

use std::collections::BTreeMap;

use coffer_domain::secret_value::SecretValue;
use k8s_openapi::ByteString;

use super::issue::{self, Facts, Pair};

const CURRENT: (&str, &str) = ("ca.crt", "ca.key");
const NEXT: (&str, &str) = ("next-ca.crt", "next-ca.key");
const LEAF: (&str, &str) = ("tls.crt", "tls.key");
const PREVIOUS: &str = "previous-ca.crt";

/// Everything the Secret holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Material {
    /// The authority that signs.
    pub current: Pair,
    /// The one that will sign, once everybody trusts it.
    pub next: Option<Pair>,
    /// The certificate of the one that signed before; what it signed may still be served.
    pub previous: Option<String>,
    /// What is served.
    pub leaf: Pair,
}

/// The dates and names in a [`Material`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaterialFacts {
    /// Of the authority that signs.
    pub current: Facts,
    /// Of the one that will.
    pub next: Option<Facts>,
    /// Whether there is one that did.
    pub has_previous: bool,
    /// Of what is served.
    pub leaf: Facts,
}

impl Material {
    /// Reads a Secret's data; `None` if anything that must be there is not.
    pub fn read(data: &BTreeMap<String, ByteString>) -> Option<Self> {
        let text = |name: &str| String::from_utf8(data.get(name)?.0.clone()).ok();
        let pair = |(certificate, key): (&str, &str)| {
            Some(Pair {
                certificate: text(certificate)?,
                key: SecretValue::new(data.get(key)?.0.clone()),
            })
        };
        Some(Self {
            current: pair(CURRENT)?,
            next: pair(NEXT),
            previous: text(PREVIOUS),
            leaf: pair(LEAF)?,
        })
    }

    /// Writes a Secret's data.
    pub fn write(&self) -> BTreeMap<String, ByteString> {
        let mut data = BTreeMap::new();
        let mut put = |name: &str, bytes: &[u8]| data.insert(name.to_owned(), ByteString(bytes.to_vec()));
        let pairs = [
            (CURRENT, Some(&self.current)),
            (NEXT, self.next.as_ref()),
            (LEAF, Some(&self.leaf)),
        ];
        for ((certificate, key), pair) in pairs {
            if let Some(pair) = pair {
                put(certificate, pair.certificate.as_bytes());
                put(key, pair.key.reveal());
            }
        }
        if let Some(previous) = &self.previous {
            put(PREVIOUS, previous.as_bytes());
        }
        data
    }

    /// Every authority to be trusted, PEM: what the caBundle should hold.
    pub fn bundle(&self) -> String {
        let next = self.next.as_ref().map(|pair| pair.certificate.as_str());
        let all = [
            Some(self.current.certificate.as_str()),
            next,
            self.previous.as_deref(),
        ];
        all.into_iter()
            .flatten()
            .flat_map(|pem| {
                [
                    pem.trim_end(),
                    "
",
                ]
            })
            .collect()
    }

    /// The dates and names in it.
    pub fn facts(&self) -> Result<MaterialFacts, issue::Error> {
        Ok(MaterialFacts {
            current: issue::facts(&self.current.certificate)?,
            next: self
                .next
                .as_ref()
                .map(|pair| issue::facts(&pair.certificate))
                .transpose()?,
            has_previous: self.previous.is_some(),
            leaf: issue::facts(&self.leaf.certificate)?,
        })
    }
}
