//! Entries of `spec.data`: the sources of a value.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::{common::without_description, duration::Duration, rule::rules};

/// What is added to the name of a generated key pair to name its public half.
pub const PUBLIC_KEY_SUFFIX: &str = ".pub";

/// Where one value comes from: exactly one of the fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules(&[(
    "[has(self.sealed), has(self.generate), has(self.secretKeyRef), has(self.external), has(self.remote)].filter(set, set).size() == 1",
    "each entry of data needs exactly one of sealed, generate, secretKeyRef, external and remote",
)])))]
pub struct DataEntry {
    /// Sealed to the vault's public key, for this namespace, vault, environment and name alone; safe to commit to
    /// Git. Made by `coffer seal`: `sealed: "coffer-seal:v1:…"`.
    #[schemars(
        length(min = 1, max = 90_000),
        regex(pattern = r"^coffer-seal:v1:[0-9a-f]{16}:[A-Za-z0-9._/-]+:[A-Za-z0-9_-]+$")
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,

    /// Made by Coffer, and rotated by it: `generate: {type: password}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generate: Option<Generate>,

    /// Copied from a core Secret of the same namespace, and again whenever that changes:
    /// `secretKeyRef: {name: database, key: password}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_key_ref: Option<SecretKeyRef>,

    /// Written through an API by someone else: `external: {}`. The object is not Ready until a value is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external: Option<External>,

    /// Copied from the OpenBao or Vault server that the operator is set up with, and again whenever it changes there:
    /// `remote: {uri: "openbao+kv2://secret/app/api#token"}`. The operator's settings say which namespaces may copy what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<Remote>,
}

/// How to make a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules(&[
    (
        "!has(self.length) || self.type in ['password', 'hex', 'base64']",
        "generate.length belongs to the types password, hex and base64: remove it, or change generate.type",
    ),
    (
        "!has(self.alphabet) || self.type == 'password'",
        "generate.alphabet belongs to the type password: remove it, or change generate.type",
    ),
    (
        "!has(self.algorithm) || self.type == 'keyPair'",
        "generate.algorithm belongs to the type keyPair: remove it, or change generate.type",
    ),
])))]
pub struct Generate {
    /// What to make. `password`: random characters. `hex` and `base64`: random bytes in that notation. `uuid`: a
    /// random UUID. `keyPair`: an asymmetric key; the secret holds the private key (PKCS#8, PEM), and a second
    /// secret named with `.pub` at the end holds the public key (PEM).
    #[serde(rename = "type")]
    pub kind: GenerateType,

    /// `password`: number of characters. `hex` and `base64`: number of random bytes before the notation, which
    /// makes the text longer. 8 to 4096. Absent: 32.
    #[schemars(range(min = 8, max = 4096))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,

    /// Characters of a `password`: `alphanumeric` (letters and digits) or `symbols` (punctuation too, without
    /// quotes and backslashes). Absent: `alphanumeric`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alphabet: Option<Alphabet>,

    /// Kind of a `keyPair`: `ed25519`, `ecdsaP256`, `rsa2048` or `rsa4096`. Absent: `ed25519`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<Algorithm>,
}

/// Kinds of generated values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = without_description)]
pub enum GenerateType {
    /// Random characters.
    Password,
    /// Random bytes in lower-case hexadecimal.
    Hex,
    /// Random bytes in standard base64 with padding.
    Base64,
    /// A random UUID (version 4).
    Uuid,
    /// An asymmetric key pair.
    KeyPair,
}

/// Characters of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = without_description)]
pub enum Alphabet {
    /// Letters and digits of ASCII.
    Alphanumeric,
    /// Those and punctuation, without quotes and backslashes.
    Symbols,
}

/// Kinds of key pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = without_description)]
pub enum Algorithm {
    /// Edwards curve signatures (RFC 8032).
    Ed25519,
    /// ECDSA on the curve P-256.
    EcdsaP256,
    /// RSA with a modulus of 2048 bits.
    Rsa2048,
    /// RSA with a modulus of 4096 bits.
    Rsa4096,
}

/// One key of a core Secret in the same namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-map-type" = "atomic"))]
pub struct SecretKeyRef {
    /// Name of the Secret. Example: `database`.
    #[schemars(
        length(min = 1, max = 253),
        regex(pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")
    )]
    pub name: String,

    /// Key inside the Secret. Example: `password`.
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[-._a-zA-Z0-9]+$"))]
    pub key: String,
}

/// A value that someone writes through an API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct External {
    /// Who writes the value and where it comes from, for readers of this object. Never the value itself.
    #[schemars(length(max = 1024))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What a KV version 2 engine of another server keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules(&[(
    "!has(self.refreshEvery) || !self.refreshEvery.matches('^[1-4]s$')",
    "remote.refreshEvery must be 5s or more",
)])))]
pub struct Remote {
    /// Which secret: mount, path, and after `#` one key of it, such as `openbao+kv2://secret/app/api#token`. Without a
    /// key the value is the whole map, as JSON. `?version=12` at the end pins a version. Both schemes mean the one server
    /// of the operator's settings: what follows `://` is a path, never a server's name.
    #[schemars(length(min = 1, max = 2048))]
    #[schemars(extend("x-kubernetes-validations" = rules(&[(
        "self.startsWith('openbao+kv2://') || self.startsWith('hashicorp+kv2://')",
        "remote.uri must start with openbao+kv2:// or hashicorp+kv2://, such as openbao+kv2://secret/app/api#token",
    )])))]
    pub uri: String,

    /// How often to ask the server whether there is a new version, without reading values: `30s`, `5m`; at least `5s`.
    /// Objects that name the same path share one request, as often as the most eager of them asks. Absent: as the
    /// operator's settings say, `1m` unless they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_every: Option<Duration>,
}

/// The source of an entry, once it is known to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source<'a> {
    /// Sealed to the vault's public key.
    Sealed(&'a str),
    /// Made by Coffer.
    Generate(&'a Generate),
    /// Copied from a core Secret.
    SecretKeyRef(&'a SecretKeyRef),
    /// Written through an API.
    External(&'a External),
    /// Copied from another server.
    Remote(&'a Remote),
}

/// The entry has no source or several. The schema refuses such objects; this is for those that got by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an entry of data needs exactly one of sealed, generate, secretKeyRef, external and remote")]
pub struct BadSource;

impl DataEntry {
    /// The one source.
    pub fn source(&self) -> Result<Source<'_>, BadSource> {
        let all = [
            self.sealed.as_deref().map(Source::Sealed),
            self.generate.as_ref().map(Source::Generate),
            self.secret_key_ref.as_ref().map(Source::SecretKeyRef),
            self.external.as_ref().map(Source::External),
            self.remote.as_ref().map(Source::Remote),
        ];
        let mut set = all.into_iter().flatten();
        match (set.next(), set.next()) {
            (Some(source), None) => Ok(source),
            _ => Err(BadSource),
        }
    }

    /// Name of the public half, if the entry named `key` generates a key pair.
    pub fn public_key_name(&self, key: &str) -> Option<String> {
        let pair = self
            .generate
            .as_ref()
            .is_some_and(|g| g.kind == GenerateType::KeyPair);
        pair.then(|| format!("{key}{PUBLIC_KEY_SUFFIX}"))
    }
}

impl Generate {
    /// Characters of a password, or random bytes of hex and base64, in effect.
    pub fn length(&self) -> u32 {
        self.length.unwrap_or(32)
    }

    /// The characters of a password, in effect.
    pub fn alphabet(&self) -> Alphabet {
        self.alphabet.unwrap_or(Alphabet::Alphanumeric)
    }

    /// The kind of key pair, in effect.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm.unwrap_or(Algorithm::Ed25519)
    }
}

/// Rules of the names in `data`: a schema has no word for the keys of a map. (Naming the bad ones by a
/// `messageExpression` would go beyond the cost that an API server grants.)
pub(super) fn key_rules() -> Value {
    rules(&[
        (
            "self.all(k, k.size() <= 253 && k.matches('^[A-Za-z0-9_]([A-Za-z0-9_./-]*[A-Za-z0-9_])?$'))",
            "names in data must start and end with a letter, digit or _, with only letters, digits, _, -, . and / between, at most 253 characters",
        ),
        (
            "self.all(k, !k.contains('..') && !k.contains('//') && !k.contains('/./'))",
            "names in data must not contain two dots or two slashes in a row, nor a part that is a single dot",
        ),
        (
            "self.all(k, !has(self[k].generate) || self[k].generate.type != 'keyPair' || (k.size() <= 249 && !((k + '.pub') in self)))",
            "a key pair also writes its name with .pub at the end: rename the other entry that uses it, and keep names of key pairs to 249 characters",
        ),
    ])
}
