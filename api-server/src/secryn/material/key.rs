//! Keys: generated through the domain's port, or read from what a client sends.

use coffer_domain::{
    port::{KeyAlgorithm, KeyPairError, KeyPairs},
    secret_value::SecretValue,
};
use x509_parser::pem::Pem;

use super::{KeyFacts, KeyFile, der, ssh, text, unreadable};
use crate::http::fields::{FieldFault, Fields};

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
const CURVES: [(&[u8], &str); 3] = [
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07], "P-256"),
    (&[0x2b, 0x81, 0x04, 0x00, 0x22], "P-384"),
    (&[0x2b, 0x81, 0x04, 0x00, 0x23], "P-521"),
];

/// A key to be generated.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    algorithm: KeyAlgorithm,
    format: Format,
}

/// The forms that a generated key is handed out in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Pem,
    Ssh,
    Both,
}

impl Wanted {
    /// What a body asks for with `key_type`, `key_size`, `key_curve` and `output_format`.
    pub fn of(fields: &mut Fields) -> Result<Self, FieldFault> {
        let kind = fields.required("key_type")?;
        let size = fields.number("key_size")?;
        let curve = fields.text("key_curve")?;
        let algorithm = match kind.as_str() {
            "RSA" => match size.unwrap_or(2048) {
                2048 => KeyAlgorithm::Rsa2048,
                3072 => KeyAlgorithm::Rsa3072,
                4096 => KeyAlgorithm::Rsa4096,
                _ => return Err(FieldFault::new("key_size", "must be 2048, 3072 or 4096")),
            },
            "EC" => match curve.as_deref().unwrap_or("P-256") {
                "P-256" => KeyAlgorithm::EcdsaP256,
                "P-384" => KeyAlgorithm::EcdsaP384,
                "P-521" => KeyAlgorithm::EcdsaP521,
                _ => return Err(FieldFault::new("key_curve", "must be P-256, P-384 or P-521")),
            },
            "Ed25519" => KeyAlgorithm::Ed25519,
            _ => return Err(FieldFault::new("key_type", "must be RSA, EC or Ed25519")),
        };
        let format = match fields.text("output_format")?.as_deref() {
            None | Some("pem") => Format::Pem,
            Some("ssh") => Format::Ssh,
            Some("both") => Format::Both,
            Some(_) => return Err(FieldFault::new("output_format", "must be pem, ssh or both")),
        };
        Ok(Self { algorithm, format })
    }

    /// Generates it. Takes up to some seconds: not for a thread that others wait for.
    pub fn generate(self, pairs: &dyn KeyPairs) -> Result<KeyFile, KeyPairError> {
        let failed = || KeyPairError("a generated key does not read back".to_owned());
        let pem = pairs.generate(self.algorithm)?.private;
        let mut facts = facts(&pem).ok_or_else(failed)?;
        facts.format = match self.format {
            Format::Pem => "pem",
            Format::Ssh => "ssh",
            Format::Both => "both",
        };
        let file = match self.format {
            Format::Pem | Format::Both => pem,
            Format::Ssh => ssh(&pem).ok_or_else(failed)?,
        };
        Ok(KeyFile { file, facts })
    }
}

/// Reads a key that a client sends, which is kept as it is.
pub fn uploaded(file: SecretValue) -> Result<KeyFile, FieldFault> {
    const RULE: &str =
        "must be an unencrypted RSA, EC (P-256, P-384, P-521) or Ed25519 key in PEM or OpenSSH form";
    let facts = facts(&file).ok_or_else(|| unreadable("pem", RULE))?;
    Ok(KeyFile { file, facts })
}

/// The SSH form of a private key in PKCS#8 form; the same for the same key.
pub fn ssh(pem: &SecretValue) -> Option<SecretValue> {
    let block = only_block(text(pem)?)?;
    ssh::of_pkcs8(&block.contents)
}

/// What the key in a file is.
fn facts(file: &SecretValue) -> Option<KeyFacts> {
    let text = text(file)?;
    if text.contains("-----BEGIN OPENSSH PRIVATE KEY-----") {
        return ssh::facts(text);
    }
    let block = only_block(text)?;
    let contents = block.contents.as_slice();
    match block.label.as_str() {
        "PRIVATE KEY" => pkcs8(contents),
        "PUBLIC KEY" => spki(contents),
        "RSA PRIVATE KEY" => rsa(contents, 1),
        "RSA PUBLIC KEY" => rsa(contents, 0),
        "EC PRIVATE KEY" => sec1(contents),
        _ => None,
    }
}

/// The one PEM block of a text.
fn only_block(text: &str) -> Option<Pem> {
    let mut blocks = Pem::iter_from_buffer(text.as_bytes());
    let block = blocks.next()?.ok()?;
    blocks.next().is_none().then_some(block)
}

fn pkcs8(mut contents: &[u8]) -> Option<KeyFacts> {
    let mut key = der::take(&mut contents, der::SEQUENCE)?;
    der::take(&mut key, der::INTEGER)?;
    let algorithm = der::take(&mut key, der::SEQUENCE)?;
    let inside = der::take(&mut key, der::OCTET_STRING)?;
    by_algorithm(algorithm, || rsa(inside, 1))
}

fn spki(mut contents: &[u8]) -> Option<KeyFacts> {
    let mut key = der::take(&mut contents, der::SEQUENCE)?;
    let algorithm = der::take(&mut key, der::SEQUENCE)?;
    let bits = der::take(&mut key, der::BIT_STRING)?;
    by_algorithm(algorithm, || rsa(bits.get(1..)?, 0))
}

fn by_algorithm(mut algorithm: &[u8], rsa: impl Fn() -> Option<KeyFacts>) -> Option<KeyFacts> {
    match der::take(&mut algorithm, der::OID)? {
        RSA => rsa(),
        EC => ec(der::take(&mut algorithm, der::OID)?),
        ED25519 => Some(of("Ed25519", None, None)),
        _ => None,
    }
}

/// An RSA key whose modulus comes after `before` other integers.
fn rsa(mut contents: &[u8], before: usize) -> Option<KeyFacts> {
    let mut key = der::take(&mut contents, der::SEQUENCE)?;
    for _ in 0..before {
        der::take(&mut key, der::INTEGER)?;
    }
    let size = der::bits(der::take(&mut key, der::INTEGER)?)?;
    (1024..=16384)
        .contains(&size)
        .then(|| of("RSA", Some(size), None))
}

fn sec1(mut contents: &[u8]) -> Option<KeyFacts> {
    let mut key = der::take(&mut contents, der::SEQUENCE)?;
    der::take(&mut key, der::INTEGER)?;
    der::take(&mut key, der::OCTET_STRING)?;
    // The curve, in explicit context 0.
    let mut curve = der::take(&mut key, 0xa0)?;
    ec(der::take(&mut curve, der::OID)?)
}

fn ec(oid: &[u8]) -> Option<KeyFacts> {
    let curve = CURVES.iter().find(|(known, _)| *known == oid)?;
    Some(of("EC", None, Some(curve.1)))
}

fn of(kind: &'static str, size: Option<u32>, curve: Option<&'static str>) -> KeyFacts {
    KeyFacts {
        kind,
        size,
        curve,
        format: "pem",
    }
}

#[cfg(test)]
mod tests {
    use coffer_store::SystemKeyPairs;
    use serde_json::json;

    use super::*;

    fn generate(body: serde_json::Value) -> KeyFile {
        let mut fields = Fields::of(body).unwrap();
        Wanted::of(&mut fields)
            .unwrap()
            .generate(&SystemKeyPairs)
            .unwrap()
    }

    #[test]
    fn what_was_generated_is_what_was_asked_for_and_reads_back() {
        for (body, kind, size, curve) in [
            (json!({"key_type": "RSA"}), "RSA", Some(2048), None),
            (
                json!({"key_type": "RSA", "key_size": 3072}),
                "RSA",
                Some(3072),
                None,
            ),
            (json!({"key_type": "EC"}), "EC", None, Some("P-256")),
            (
                json!({"key_type": "EC", "key_curve": "P-384"}),
                "EC",
                None,
                Some("P-384"),
            ),
            (
                json!({"key_type": "EC", "key_curve": "P-521"}),
                "EC",
                None,
                Some("P-521"),
            ),
            (json!({"key_type": "Ed25519"}), "Ed25519", None, None),
        ] {
            let made = generate(body.clone());
            let again = uploaded(made.file.clone()).unwrap();
            for facts in [&made.facts, &again.facts] {
                assert_eq!(
                    (facts.kind, facts.size, facts.curve),
                    (kind, size, curve),
                    "{body}"
                );
            }
            let mut in_ssh = body;
            in_ssh["output_format"] = json!("ssh");
            let made = generate(in_ssh);
            let text = text(&made.file).unwrap();
            assert!(text.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"));
            assert_eq!(uploaded(made.file.clone()).unwrap().facts, made.facts);
        }
    }

    #[test]
    fn the_ssh_form_of_a_key_is_always_the_same() {
        let made = generate(json!({"key_type": "Ed25519", "output_format": "both"}));
        assert_eq!(made.facts.format, "both");
        assert_eq!(ssh(&made.file), ssh(&made.file));
        assert!(ssh(&made.file).is_some());
    }

    #[test]
    fn what_is_no_such_key_is_refused() {
        let pem =
            |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
        for text in [
            "",
            "hunter2",
            &pem("PRIVATE KEY", "AAAA"),
            &pem("PRIVATE KEY", "!!!!"),
            &pem("ENCRYPTED PRIVATE KEY", "MAA="),
            &pem("CERTIFICATE", "MAA="),
            &pem("OPENSSH PRIVATE KEY", "AAAA"),
            "-----BEGIN PRIVATE KEY-----",
        ] {
            let fault = uploaded(SecretValue::from(text)).unwrap_err();
            assert!(
                fault.field == "pem" && !fault.reason.contains("hunter2"),
                "{text}"
            );
        }
    }

    #[test]
    fn what_cannot_be_generated_is_named() {
        for (body, field) in [
            (json!({}), "key_type"),
            (json!({"key_type": "rsa"}), "key_type"),
            (json!({"key_type": "RSA", "key_size": 1024}), "key_size"),
            (json!({"key_type": "RSA", "key_size": "2048"}), "key_size"),
            (json!({"key_type": "EC", "key_curve": "P-192"}), "key_curve"),
            (json!({"key_type": "EC", "output_format": "der"}), "output_format"),
        ] {
            let fault = Wanted::of(&mut Fields::of(body).unwrap()).unwrap_err();
            assert_eq!(fault.field, field);
        }
    }
}
