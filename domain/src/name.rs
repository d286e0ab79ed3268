//! The names of things, as types: a value of one of these types is well formed.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what} must be {rule}")]
pub struct BadName {
    /// What was being named, such as `vault name`.
    pub what: &'static str,
    /// The rule it breaks, as one phrase.
    pub rule: &'static str,
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

/// One word: starts with a letter, digit or underscore, and never holds `..`.
fn is_word(text: &str, longest: usize) -> bool {
    text.len() <= longest
        && text
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_')
        && text.bytes().all(is_word_byte)
        && !text.contains("..")
}

/// A path of words: `app/api`. Up to 32 segments.
fn is_path(text: &str) -> bool {
    text.len() <= 1024
        && text.split('/').count() <= 32
        && text.split('/').all(|segment| {
            !segment.is_empty()
                && segment.len() <= 255
                && segment.bytes().all(is_word_byte)
                && !segment.contains("..")
                && segment != "."
        })
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal, $rule:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// Checks and takes `text`.
            pub fn new(text: impl Into<String>) -> Result<Self, BadName> {
                let text = text.into();
                let check: fn(&str) -> bool = $check;
                if check(&text) { Ok(Self(text)) } else { Err(BadName { what: $what, rule: $rule }) }
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = BadName;

            fn from_str(text: &str) -> Result<Self, BadName> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $type {
            type Error = BadName;

            fn try_from(text: String) -> Result<Self, BadName> {
                Self::new(text)
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// A tenant: a Kubernetes namespace, an owner, an account.
    OrgName, "organization name", "1 to 128 letters, digits, '.', '_' or '-', starting with a letter, digit or '_', without '..'",
    |text| is_word(text, 128)
);
name!(
    /// A vault within an organization.
    VaultName, "vault name", "1 to 255 letters, digits, '.', '_' or '-', starting with a letter, digit or '_', without '..'",
    |text| is_word(text, 255)
);
name!(
    /// A partition of a vault, such as `production`.
    EnvName, "environment name", "1 to 100 letters, digits, '.', '_' or '-', starting with a letter, digit or '_', without '..'",
    |text| is_word(text, 100)
);
name!(
    /// A secret within an environment; path-like names such as `app/api` are one name.
    SecretName, "secret name", "1 to 1024 bytes: segments of letters, digits, '.', '_' or '-' joined by '/', none of them empty, '.' or with '..'",
    is_path
);
name!(
    /// A human's label for something that has an id, such as an API key.
    Label, "label", "1 to 255 printable characters without leading or trailing space",
    |text| !text.is_empty() && text.chars().count() <= 255 && text.trim() == text && !text.chars().any(char::is_control)
);

impl OrgName {
    /// The organization that `coffer bootstrap` prepares unless it is told another.
    pub fn default_organization() -> Self {
        Self("default".to_owned())
    }
}

impl EnvName {
    /// The environment of doors that have none.
    pub fn default_environment() -> Self {
        Self("default".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_names_are_taken_as_they_are() {
        for name in ["a", "A_b-c.d", "9lives", "_x"] {
            assert_eq!(VaultName::new(name).unwrap().as_str(), name);
        }
        for name in ["app/api", "DATABASE_URL", "tls.key.pub", "a/b/c", "-x"] {
            assert_eq!(SecretName::new(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn hostile_names_are_refused() {
        for name in [
            "",
            ".",
            "..",
            "../x",
            "a/../b",
            "a//b",
            "/a",
            "a/",
            "a\0b",
            "a b",
            "a%2fb",
            "caf\u{e9}",
            "a..b",
        ] {
            assert!(SecretName::new(name).is_err(), "{name:?}");
            assert!(VaultName::new(name).is_err(), "{name:?}");
        }
        assert!(VaultName::new("a/b").is_err());
        assert!(SecretName::new("a".repeat(256)).is_err());
    }

    #[test]
    fn labels_hold_no_control_characters() {
        assert!(Label::new("CI of team b").is_ok());
        assert!(Label::new("x\r\ny").is_err());
        assert!(Label::new(" x").is_err());
    }
}
