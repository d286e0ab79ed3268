//! Keys and certificates as files: made, read, and told apart. Only forms and facts: who may have one, and when,
//! is the domain's.

pub mod certificate;
mod der;
pub mod key;
mod ssh;

use coffer_domain::secret_value::SecretValue;

use crate::http::fields::FieldFault;

/// What a key is, without the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFacts {
    /// `RSA`, `EC` or `Ed25519`.
    pub kind: &'static str,
    /// Of RSA: the modulus, in bits.
    pub size: Option<u32>,
    /// Of EC: `P-256`, `P-384` or `P-521`.
    pub curve: Option<&'static str>,
    /// The form of the file: `pem`, `ssh`, or `both` for a PEM file that is also handed out in the SSH form.
    pub format: &'static str,
}

/// A key as a file.
#[derive(Debug)]
pub struct KeyFile {
    /// The file.
    pub file: SecretValue,
    /// What it is.
    pub facts: KeyFacts,
}

/// The text of a file, if it is text.
fn text(file: &SecretValue) -> Option<&str> {
    std::str::from_utf8(file.reveal()).ok()
}

fn unreadable(field: &str, rule: &str) -> FieldFault {
    FieldFault::new(field, rule)
}
