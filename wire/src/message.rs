//! The lines of the stream and the acknowledgements.

use std::collections::BTreeMap;

use coffer_domain::secret_value::SecretValue;
use serde::{Deserialize, Serialize};

/// Opens a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WatchRequest {
    /// Organization of the vault.
    pub organization: String,
    /// The vault's name.
    pub vault: String,
    /// Environment inside the vault.
    pub environment: String,
    /// The secrets wanted; `None` is all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<Vec<String>>,
    /// Names among them that will be written to env files, so that the server can refuse at once, with
    /// the reason, a value that an env file cannot carry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env_file_names: Vec<String>,
    /// The pod wants to be startable with these values while the server cannot be reached, for so many seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_stale: Option<u64>,
}

/// One line of the stream.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Message {
    /// The complete set of values: first line of a stream, and again whenever any of them changed.
    #[serde(rename_all = "camelCase")]
    Values {
        /// Secret name → version and value.
        secrets: BTreeMap<String, Delivered>,
    },
    /// The certificates to trust from now on, PEM.
    #[serde(rename_all = "camelCase")]
    Trust {
        /// One or more PEM certificates.
        certificates: String,
    },
    /// The values wanted now cannot be delivered; what is in place stays there. The stream goes on.
    Held(Failure),
    /// The pod is being deleted. An agent that still holds it back lets go: kubelet ends a pod only after its hooks.
    Leaving,
    /// Nothing new; the stream is alive. At least every 20 seconds.
    Ping,
}

/// One secret as delivered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivered {
    /// Its version.
    pub version: u64,
    /// Its value, base64 on the wire.
    #[serde(with = "coffer_domain::secret_value::base64")]
    pub value: SecretValue,
}

/// Why something was refused: the body of every error answer of the native API, and of [`Message::Held`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// A stable word to program against, such as `not_found`.
    pub code: String,
    /// One sentence for people: what is wrong, and how to mend it.
    pub message: String,
    /// The secrets it is about, if any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
}

impl Failure {
    /// The [`Failure::code`] of a value that an env file cannot carry: it does not pass by itself, so an
    /// agent that starts with it lets kubelet show the message.
    pub const UNFIT: &str = "unfit_for_env_file";
}

/// Versions that are now in place in this pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AckRequest {
    /// Organization of the vault.
    pub organization: String,
    /// The vault's name.
    pub vault: String,
    /// Environment inside the vault.
    pub environment: String,
    /// What is in place.
    pub entries: Vec<AckEntry>,
}

/// One secret's version in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AckEntry {
    /// Secret name.
    pub name: String,
    /// Version in place.
    pub version: u64,
}
