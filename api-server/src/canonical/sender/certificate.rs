//! The certificate that a sender has shown: to this server, or to a proxy that the configuration trusts.

use axum::http::{HeaderMap, HeaderValue};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use sha2::{Digest, Sha256};

use super::Settings;
use crate::{
    canonical::{error::Failure, query::decoded},
    http::transport::Transport,
};

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// A certificate that a sender has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Itself.
    pub der: Vec<u8>,
    /// Its `x5t#S256` (RFC 8705, section 3.1).
    pub thumbprint: String,
}

impl Shown {
    /// Of a certificate as DER.
    pub fn of(der: Vec<u8>) -> Self {
        Self {
            thumbprint: BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&der)),
            der,
        }
    }
}

/// The sender's certificate, where certificates count and it has shown one. Behind a proxy that is the one that the
/// proxy names: its own is not the sender's.
pub fn shown(
    settings: &Settings,
    transport: &Transport,
    headers: &HeaderMap,
) -> Result<Option<Shown>, Failure> {
    if !settings.mode.asks() {
        return Ok(None);
    }
    if !transport.proxied {
        let own = transport.certificate.as_deref();
        return Ok(own.map(|own| Shown::of(own.to_vec())));
    }
    let mut all = headers.get_all(&settings.header).iter();
    let (first, more) = (all.next(), all.next());
    let Some(only) = first.filter(|value| more.is_some() || !value.is_empty()) else {
        return Ok(None);
    };
    let read = if more.is_some() { None } else { forwarded(only) };
    let malformed = || Failure::invalid(settings.header.as_str(), "must be one certificate, as PEM");
    read.map(|der| Some(Shown::of(der))).ok_or_else(malformed)
}

/// The first certificate in a header, as DER: PEM, or what is between its lines (Traefik), percent-encoded or not,
/// its line ends there, written `\n`, or left out.
fn forwarded(value: &HeaderValue) -> Option<Vec<u8>> {
    let text = decoded(value.to_str().ok()?)?.replace("\\n", "\n");
    let body = match text.split_once(BEGIN) {
        Some((before, rest)) if before.trim().is_empty() => rest.split_once(END)?.0,
        Some(_) => return None,
        None => text.split(',').next()?,
    };
    let body: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let der = BASE64_STANDARD.decode(body).ok()?;
    let (rest, _) = x509_parser::parse_x509_certificate(&der).ok()?;
    rest.is_empty().then_some(der)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate() -> (String, Vec<u8>) {
        let key = rcgen::KeyPair::generate().unwrap();
        let made = rcgen::CertificateParams::default().self_signed(&key).unwrap();
        (made.pem().replace("\r\n", "\n"), made.der().to_vec())
    }

    fn read(text: &str) -> Option<Vec<u8>> {
        forwarded(&HeaderValue::from_str(text).unwrap())
    }

    #[test]
    fn proxies_hand_a_certificate_on_in_many_ways() {
        let (pem, der) = certificate();
        let bare: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let escaped = |text: &str| text.replace('+', "%2B").replace('=', "%3D").replace('\n', "%0A");
        for text in [
            escaped(&pem),
            pem.replace('\n', "\\n"),
            pem.replace('\n', " "),
            bare.clone(),
            escaped(&bare),
            format!("{bare},{bare}"),
        ] {
            assert_eq!(read(&text).as_ref(), Some(&der), "{text}");
        }
        for text in [
            "x".to_owned(),
            BASE64_STANDARD.encode("not a certificate"),
            format!("more {}", escaped(&pem)),
            format!("{bare}AAAA"),
            "%zz".to_owned(),
        ] {
            assert_eq!(read(&text), None, "{text}");
        }
    }
}
