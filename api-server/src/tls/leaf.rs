//! Leaf certificates: thirty days, replaced after twenty, never kept on disk.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};
use rustls::{crypto::CryptoProvider, sign::CertifiedKey};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::authority::{Authority, BACKDATE, TlsError, date, earlier, later};

const LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A server certificate in use.
pub struct Leaf {
    /// With its key, as rustls takes it.
    pub certified: Arc<CertifiedKey>,
    /// When to replace it.
    pub renew_at: Timestamp,
}

/// Makes one for `names` (DNS names and IP addresses), signed by `authority`.
pub fn issue(
    authority: &Authority,
    names: &[String],
    now: Timestamp,
    provider: &CryptoProvider,
) -> Result<Leaf, TlsError> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    // A leaf never outlives what signs it.
    let until = later(now, LIFE).min(authority.until);
    let mut params = CertificateParams::new(names)?;
    params
        .distinguished_name
        .push(DnType::CommonName, names.first().map_or("coffer", String::as_str));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    (params.not_before, params.not_after) = (date(earlier(now, BACKDATE)), date(until));
    let certificate = params.signed_by(&key, &authority.issuer()?)?;
    let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let certified = CertifiedKey::from_der(vec![certificate.der().clone()], private, provider)?;
    Ok(Leaf {
        certified: Arc::new(certified),
        renew_at: later(now, until.duration_since(now) * 2 / 3),
    })
}
