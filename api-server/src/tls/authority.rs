//! The certificate authority: when to make a new one, which one signs, which ones clients should trust.
//!
//! A new authority is published a while before it signs, so that every client trusts it by then; the old one
//! stays published until it ends. ECDSA P-256, ten years.

use std::time::Duration;

use async_trait::async_trait;
use coffer_domain::secret_value::SecretValue;
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256,
};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use thiserror::Error;
use zeroize::Zeroizing;

const DAY: i64 = 24 * 3600;
/// How long an authority lives.
const LIFE: SignedDuration = SignedDuration::from_secs(3650 * DAY);
/// A new one is made when the newest has less than this left.
const RENEW: SignedDuration = SignedDuration::from_secs(365 * DAY);
/// A new one signs after it has been published for this long.
const SETTLE: SignedDuration = SignedDuration::from_secs(30 * DAY);
/// Certificates begin a little in the past, for clients whose clocks are behind.
pub(super) const BACKDATE: SignedDuration = SignedDuration::from_secs(3600);
/// What ends an authority's entry in the stored text.
const END_OF_KEY: &str = "-----END PRIVATE KEY-----\n";

/// TLS material could not be made, read or kept.
#[derive(Debug, Error)]
pub enum TlsError {
    /// Its keeper failed.
    #[error("the certificate authority cannot be kept or read: {0}")]
    Store(String),
    /// What is kept is not what we wrote.
    #[error(
        "the kept certificate authority is damaged: {0}; remove it to have a new one made, which every client must then be told of"
    )]
    Damaged(String),
    /// Certificates cannot be made.
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
    /// rustls does not take what was made.
    #[error("cannot set up TLS: {0}")]
    Rustls(#[from] rustls::Error),
}

/// Keeps the authority: a directory, or a Kubernetes Secret.
#[async_trait]
pub trait AuthorityStore: Send + Sync {
    /// What was saved last.
    async fn load(&self) -> Result<Option<SecretValue>, TlsError>;

    /// Keeps `authority` (PEM with private keys), and publishes `bundle` (PEM certificates) where clients find it.
    async fn save(&self, authority: &SecretValue, bundle: &str) -> Result<(), TlsError>;
}

/// One authority.
#[derive(Clone)]
pub struct Authority {
    /// PEM.
    certificate: String,
    /// PKCS#8 PEM.
    key: SecretValue,
    /// When it was made, less [`BACKDATE`], and when it ends.
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

/// All that are kept, oldest first.
#[derive(Clone, Default)]
pub struct Authorities(Vec<Authority>);

/// What to do about the authorities now.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    /// Indexes of those that have not ended.
    keep: Vec<usize>,
    /// Whether a new one is needed.
    add: bool,
}

fn plan(now: Timestamp, lives: &[(Timestamp, Timestamp)]) -> Plan {
    let keep: Vec<usize> = (0..lives.len()).filter(|&at| now < lives[at].1).collect();
    let newest = keep.iter().map(|&at| lives[at].1).max();
    let add = newest.is_none_or(|until| until.duration_since(now) < RENEW);
    Plan { keep, add }
}

/// Which of these signs: the newest that has been published long enough, or the oldest while none has.
fn signer(now: Timestamp, lives: &[(Timestamp, Timestamp)]) -> Option<usize> {
    let settled = |&at: &usize| now.duration_since(lives[at].0) >= SETTLE;
    (0..lives.len())
        .rev()
        .find(settled)
        .or_else(|| (!lives.is_empty()).then_some(0))
}

impl Authority {
    fn make(now: Timestamp) -> Result<Self, TlsError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let (from, until) = (earlier(now, BACKDATE), later(now, LIFE));
        let mut params = CertificateParams::default();
        params.distinguished_name.push(
            DnType::CommonName,
            format!("Coffer authority {}", now.strftime("%Y-%m-%d")),
        );
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        (params.not_before, params.not_after) = (date(from), date(until));
        let certificate = params.self_signed(&key)?.pem();
        Ok(Self {
            certificate,
            key: SecretValue::from(key.serialize_pem()),
            from,
            until,
        })
    }

    fn read(block: &str) -> Result<Self, TlsError> {
        let damaged = |why: &str| TlsError::Damaged(why.to_owned());
        let (certificate, key) = block
            .split_once("-----BEGIN PRIVATE KEY-----")
            .ok_or_else(|| damaged("it holds no private key"))?;
        let der = CertificateDer::from_pem_slice(certificate.as_bytes())
            .map_err(|_| damaged("it holds no certificate"))?;
        let (_, parsed) = x509_parser::parse_x509_certificate(&der)
            .map_err(|_| damaged("its certificate does not parse"))?;
        let time =
            |seconds| Timestamp::from_second(seconds).map_err(|_| damaged("its certificate has no times"));
        let validity = parsed.validity();
        Ok(Self {
            certificate: certificate.trim_start().to_owned(),
            key: SecretValue::from(format!("-----BEGIN PRIVATE KEY-----{key}")),
            from: time(validity.not_before.timestamp())?,
            until: time(validity.not_after.timestamp())?,
        })
    }

    /// What signs leaf certificates.
    pub(super) fn issuer(&self) -> Result<Issuer<'static, KeyPair>, TlsError> {
        let pem = std::str::from_utf8(self.key.reveal())
            .map_err(|_| TlsError::Damaged("its key is no PEM".into()))?;
        Ok(Issuer::from_ca_cert_pem(
            &self.certificate,
            KeyPair::from_pem(pem)?,
        )?)
    }
}

impl Authorities {
    /// Reads what [`Authorities::text`] wrote.
    pub fn read(text: &SecretValue) -> Result<Self, TlsError> {
        let text =
            std::str::from_utf8(text.reveal()).map_err(|_| TlsError::Damaged("it is not text".to_owned()))?;
        let blocks = text
            .split_inclusive(END_OF_KEY)
            .filter(|block| !block.trim().is_empty());
        blocks.map(Authority::read).collect::<Result<_, _>>().map(Self)
    }

    /// Everything, keys too.
    pub fn text(&self) -> SecretValue {
        let mut text = Zeroizing::new(Vec::new());
        for authority in &self.0 {
            text.extend_from_slice(authority.certificate.as_bytes());
            text.extend_from_slice(authority.key.reveal());
        }
        SecretValue::new(text.to_vec())
    }

    /// The certificates that clients should trust, PEM.
    pub fn bundle(&self) -> String {
        self.0
            .iter()
            .map(|authority| authority.certificate.as_str())
            .collect()
    }

    /// What they should be at `now`; `None` if that is what they are.
    pub fn renewed(&self, now: Timestamp) -> Result<Option<Self>, TlsError> {
        let Plan { keep, add } = plan(now, &self.lives());
        if !add && keep.len() == self.0.len() {
            return Ok(None);
        }
        let mut kept: Vec<Authority> = keep.into_iter().map(|at| self.0[at].clone()).collect();
        if add {
            kept.push(Authority::make(now)?);
        }
        Ok(Some(Self(kept)))
    }

    /// The one that signs at `now`.
    pub fn signer(&self, now: Timestamp) -> Option<&Authority> {
        signer(now, &self.lives()).map(|at| &self.0[at])
    }

    fn lives(&self) -> Vec<(Timestamp, Timestamp)> {
        self.0
            .iter()
            .map(|authority| (authority.from, authority.until))
            .collect()
    }
}

/// A point in time in rcgen's terms.
pub(crate) fn date<T>(at: Timestamp) -> T
where
    T: From<std::time::SystemTime>,
{
    let since = Duration::from_secs(u64::try_from(at.as_second()).unwrap_or_default());
    T::from(std::time::UNIX_EPOCH + since)
}

pub(super) fn earlier(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_sub(by).unwrap_or(Timestamp::MIN)
}

pub(super) fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + number * DAY).unwrap()
    }

    fn life(from: i64) -> (Timestamp, Timestamp) {
        (day(from), day(from + 3650))
    }

    #[test]
    fn one_is_made_at_first_and_a_year_before_the_end() {
        assert_eq!(
            plan(day(0), &[]),
            Plan {
                keep: vec![],
                add: true
            }
        );
        assert_eq!(
            plan(day(3284), &[life(0)]),
            Plan {
                keep: vec![0],
                add: false
            }
        );
        assert_eq!(
            plan(day(3286), &[life(0)]),
            Plan {
                keep: vec![0],
                add: true
            }
        );
        assert_eq!(
            plan(day(3286), &[life(0), life(3286)]),
            Plan {
                keep: vec![0, 1],
                add: false
            }
        );
    }

    #[test]
    fn the_ended_one_goes() {
        assert_eq!(
            plan(day(3650), &[life(0), life(3286)]),
            Plan {
                keep: vec![1],
                add: false
            }
        );
        assert_eq!(
            plan(day(9999), &[life(0)]),
            Plan {
                keep: vec![],
                add: true
            }
        );
    }

    #[test]
    fn a_new_one_signs_once_it_has_been_published_for_a_while() {
        assert_eq!(signer(day(0), &[life(0)]), Some(0));
        assert_eq!(signer(day(3290), &[life(0), life(3286)]), Some(0));
        assert_eq!(signer(day(3316), &[life(0), life(3286)]), Some(1));
        assert_eq!(signer(day(0), &[]), None);
    }

    #[test]
    fn what_is_kept_reads_back() {
        let made = Authorities::default().renewed(day(0)).unwrap().unwrap();
        let both = Authorities(vec![made.0[0].clone(), Authority::make(day(3300)).unwrap()]);
        let read = Authorities::read(&both.text()).unwrap();
        assert_eq!(read.bundle(), both.bundle());
        assert_eq!(read.lives(), both.lives());
        assert_eq!(read.text(), both.text());
        assert_eq!(read.bundle().matches("BEGIN CERTIFICATE").count(), 2);
        assert!(!read.bundle().contains("PRIVATE"));
        read.0[1].issuer().unwrap();
    }

    #[test]
    fn damage_is_named() {
        for text in ["x", "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n"] {
            let error = Authorities::read(&SecretValue::from(text))
                .err()
                .unwrap()
                .to_string();
            assert!(error.contains("damaged"), "{error}");
        }
    }
}
