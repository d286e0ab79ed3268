//! The SSH form of private keys: OpenSSH's `openssh-key-v1`, without a passphrase.

use coffer_domain::secret_value::SecretValue;
use ssh_encoding::Decode;
use ssh_key::{Algorithm, EcdsaCurve, LineEnding, PrivateKey, private::KeypairData};
use zeroize::Zeroizing;

use super::{KeyFacts, der};

/// A private key in PKCS#8 as a file in SSH form. The public half comes from the key itself where it holds it,
/// which those that we generate do.
pub fn of_pkcs8(pkcs8: &[u8]) -> Option<SecretValue> {
    let wire = Zeroizing::new(wire(pkcs8)?);
    let pair = KeypairData::decode(&mut wire.as_slice()).ok()?;
    let key = PrivateKey::new(pair, "").ok()?;
    let text = key.to_openssh(LineEnding::LF).ok()?;
    Some(SecretValue::from(text.as_str()))
}

/// What the key in a file of SSH form is.
pub fn facts(text: &str) -> Option<KeyFacts> {
    let key = PrivateKey::from_openssh(text).ok()?;
    if key.is_encrypted() {
        return None;
    }
    let (kind, size, curve) = match key.algorithm() {
        Algorithm::Ed25519 => ("Ed25519", None, None),
        Algorithm::Ecdsa { curve } => ("EC", None, Some(name(curve))),
        Algorithm::Rsa { .. } => {
            let modulus = key.key_data().rsa()?.public.n.as_bytes();
            ("RSA", Some(der::bits(modulus)?), None)
        }
        _ => return None,
    };
    Some(KeyFacts {
        kind,
        size,
        curve,
        format: "ssh",
    })
}

fn name(curve: EcdsaCurve) -> &'static str {
    match curve {
        EcdsaCurve::NistP256 => "P-256",
        EcdsaCurve::NistP384 => "P-384",
        EcdsaCurve::NistP521 => "P-521",
    }
}

/// A key pair as the agent protocol writes it: the form that the library reads.
fn wire(mut pkcs8: &[u8]) -> Option<Vec<u8>> {
    let mut key = der::take(&mut pkcs8, der::SEQUENCE)?;
    der::take(&mut key, der::INTEGER)?;
    der::take(&mut key, der::SEQUENCE)?;
    let mut inside = der::take(&mut key, der::OCTET_STRING)?;
    let mut out = Vec::with_capacity(4096);
    match der::next(&mut inside)? {
        (der::SEQUENCE, fields) => rsa(fields, &mut out).or_else(|| ec(fields, &mut out))?,
        (der::OCTET_STRING, seed) => ed25519(seed, &mut out)?,
        _ => return None,
    }
    Some(out)
}

/// PKCS#1 (RFC 8017, A.1.2).
fn rsa(mut fields: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut integers = [&[][..]; 9];
    for integer in &mut integers {
        *integer = der::take(&mut fields, der::INTEGER)?;
    }
    string(b"ssh-rsa", out)?;
    // Theirs: version, n, e, d, p, q, d mod p-1, d mod q-1, 1/q mod p. Wanted: n, e, d, 1/q mod p, p, q.
    for place in [1, 2, 3, 8, 4, 5] {
        number(integers.get(place)?, out)?;
    }
    Some(())
}

/// SEC 1, C.4, with the public point, by whose length the curve is known.
fn ec(mut fields: &[u8], out: &mut Vec<u8>) -> Option<()> {
    der::take(&mut fields, der::INTEGER)?;
    let secret = der::take(&mut fields, der::OCTET_STRING)?;
    let mut point = loop {
        match der::next(&mut fields)? {
            (0xa1, contents) => break contents,
            (0xa0, _) => {}
            _ => return None,
        }
    };
    let point = der::take(&mut point, der::BIT_STRING)?.get(1..)?;
    let (algorithm, curve): (&[u8], &[u8]) = match point.len() {
        65 => (b"ecdsa-sha2-nistp256", b"nistp256"),
        97 => (b"ecdsa-sha2-nistp384", b"nistp384"),
        133 => (b"ecdsa-sha2-nistp521", b"nistp521"),
        _ => return None,
    };
    string(algorithm, out)?;
    string(curve, out)?;
    string(point, out)?;
    // Of fixed length, as the library reads it.
    let zero = secret.first().filter(|byte| **byte >= 0x80).map(|_| 0);
    length(secret.len() + usize::from(zero.is_some()), out)?;
    out.extend(zero);
    out.extend_from_slice(secret);
    Some(())
}

/// RFC 8410: the seed, from which the public half follows.
fn ed25519(seed: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let pair = aws_lc_rs::signature::Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
    let public = aws_lc_rs::signature::KeyPair::public_key(&pair).as_ref();
    string(b"ssh-ed25519", out)?;
    string(public, out)?;
    length(seed.len() + public.len(), out)?;
    out.extend_from_slice(seed);
    out.extend_from_slice(public);
    Some(())
}

fn length(length: usize, out: &mut Vec<u8>) -> Option<()> {
    out.extend_from_slice(&u32::try_from(length).ok()?.to_be_bytes());
    Some(())
}

fn string(bytes: &[u8], out: &mut Vec<u8>) -> Option<()> {
    length(bytes.len(), out)?;
    out.extend_from_slice(bytes);
    Some(())
}

/// A positive integer, with a zero before a byte that would make it look negative.
fn number(integer: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let digits = der::unsigned(integer);
    let zero = digits.first().filter(|byte| **byte >= 0x80).map(|_| 0);
    length(digits.len() + usize::from(zero.is_some()), out)?;
    out.extend(zero);
    out.extend_from_slice(digits);
    Some(())
}
