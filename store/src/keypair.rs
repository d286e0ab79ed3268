//! Key pairs as PEM (RFC 7468): PKCS#8 and `SubjectPublicKeyInfo`, LF line ends, so that an env file can
//! carry them.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    error::Unspecified,
    rsa::{self, KeySize},
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
        EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair,
    },
};
use base64::{Engine, prelude::BASE64_STANDARD};
use coffer_domain::{
    port::{KeyAlgorithm, KeyPairError, KeyPairPem, KeyPairs},
    secret_value::SecretValue,
};
use zeroize::Zeroizing;

/// Characters of base64 in a line of PEM.
const LINE: usize = 64;

/// Makes key pairs with the crypto library's own randomness. RSA takes up to some seconds: call it where
/// blocking is allowed.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemKeyPairs;

impl KeyPairs for SystemKeyPairs {
    fn generate(&self, algorithm: KeyAlgorithm) -> Result<KeyPairPem, KeyPairError> {
        match algorithm {
            KeyAlgorithm::Ed25519 => ed25519(),
            KeyAlgorithm::EcdsaP256 => ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING),
            KeyAlgorithm::EcdsaP384 => ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING),
            KeyAlgorithm::EcdsaP521 => ecdsa(&ECDSA_P521_SHA512_ASN1_SIGNING),
            KeyAlgorithm::Rsa2048 => rsa(KeySize::Rsa2048),
            KeyAlgorithm::Rsa3072 => rsa(KeySize::Rsa3072),
            KeyAlgorithm::Rsa4096 => rsa(KeySize::Rsa4096),
        }
        .map_err(|_| KeyPairError(format!("the crypto library failed at {algorithm:?}")))
    }
}

/// Version 1 of PKCS#8 everywhere: older readers do not know version 2.
fn ed25519() -> Result<KeyPairPem, Unspecified> {
    let pair = Ed25519KeyPair::generate()?;
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der()?;
    Ok(pems(pair.to_pkcs8v1()?.as_ref(), public.as_ref()))
}

fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm) -> Result<KeyPairPem, Unspecified> {
    let pair = EcdsaKeyPair::generate(algorithm)?;
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der()?;
    Ok(pems(pair.to_pkcs8v1()?.as_ref(), public.as_ref()))
}

fn rsa(size: KeySize) -> Result<KeyPairPem, Unspecified> {
    let pair = rsa::KeyPair::generate(size)?;
    let private: Pkcs8V1Der<'_> = pair.as_der()?;
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der()?;
    Ok(pems(private.as_ref(), public.as_ref()))
}

fn pems(private: &[u8], public: &[u8]) -> KeyPairPem {
    let mut private = pem("PRIVATE KEY", private);
    let private = SecretValue::from(std::mem::take(&mut *private));
    KeyPairPem {
        private,
        public: pem("PUBLIC KEY", public).to_string(),
    }
}

fn pem(label: &str, der: &[u8]) -> Zeroizing<String> {
    let body = Zeroizing::new(BASE64_STANDARD.encode(der));
    // With all its room from the start: growing would leave copies behind.
    let mut text = Zeroizing::new(String::with_capacity(body.len() + body.len() / LINE + 128));
    text.extend(["-----BEGIN ", label, "-----\n"]);
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(LINE.min(rest.len()));
        text.extend([line, "\n"]);
        rest = after;
    }
    text.extend(["-----END ", label, "-----\n"]);
    text
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        rand::SystemRandom,
        signature::{
            ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256,
        },
    };

    use super::*;

    fn der(label: &str, pem: &str) -> Vec<u8> {
        let body = pem.strip_prefix(&format!("-----BEGIN {label}-----\n")).unwrap();
        let body = body.strip_suffix(&format!("-----END {label}-----\n")).unwrap();
        assert!(body.lines().all(|line| line.len() <= LINE) && !body.contains('\r'));
        BASE64_STANDARD.decode(body.replace('\n', "")).unwrap()
    }

    /// PKCS#8 of the private and SPKI of the public key.
    fn generate(algorithm: KeyAlgorithm) -> (Vec<u8>, Vec<u8>) {
        let pair = SystemKeyPairs.generate(algorithm).unwrap();
        let private = std::str::from_utf8(pair.private.reveal()).unwrap();
        (der("PRIVATE KEY", private), der("PUBLIC KEY", &pair.public))
    }

    #[test]
    fn ed25519_signs_what_its_public_key_verifies() {
        let (private, public) = generate(KeyAlgorithm::Ed25519);
        let signature = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&private)
            .unwrap()
            .sign(b"message");
        ParsedPublicKey::new(&ED25519, public)
            .unwrap()
            .verify_sig(b"message", signature.as_ref())
            .unwrap();
    }

    #[test]
    fn p256_signs_what_its_public_key_verifies() {
        let (private, public) = generate(KeyAlgorithm::EcdsaP256);
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &private).unwrap();
        let signature = pair.sign(&SystemRandom::new(), b"message").unwrap();
        let public = ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, public).unwrap();
        public.verify_sig(b"message", signature.as_ref()).unwrap();
    }

    #[test]
    fn rsa_signs_what_its_public_key_verifies_in_the_size_asked_for() {
        for (algorithm, bytes) in [(KeyAlgorithm::Rsa2048, 256), (KeyAlgorithm::Rsa4096, 512)] {
            let (private, public) = generate(algorithm);
            let pair = rsa::KeyPair::from_pkcs8(&private).unwrap();
            let mut signature = vec![0; bytes];
            assert_eq!(pair.public_modulus_len(), bytes);
            pair.sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                b"message",
                &mut signature,
            )
            .unwrap();
            let public = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public).unwrap();
            public.verify_sig(b"message", &signature).unwrap();
        }
    }

    #[test]
    fn two_pairs_differ() {
        assert_ne!(generate(KeyAlgorithm::Ed25519), generate(KeyAlgorithm::Ed25519));
    }
}
