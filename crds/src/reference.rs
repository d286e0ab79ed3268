//! How references of other programs name what is in a `Vault`: the table that its owner writes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rule::rules;

/// One line of the table: references that begin so are secrets of this vault.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReferenceRule {
    /// How the references begin, in whole segments: `vault:secret/data/team-a` stands for
    /// `vault:secret/data/team-a/db#password` and not for `vault:secret/data/team-ab#password`. The longest prefix
    /// that fits counts.
    #[schemars(length(min = 5, max = 512))]
    #[schemars(extend("x-kubernetes-validations" = rules(&[(
        "self.startsWith('vault:') || self.startsWith('op://')",
        "references[].prefix must start with vault: or op://, such as vault:secret/data/team-a",
    ), (
        "!self.contains('#') && !self.contains('?')",
        "references[].prefix is a path: leave out # and what follows it",
    )])))]
    pub prefix: String,

    /// The environment that the secrets are in. Absent: the pod's, which is `default` unless the pod says another.
    #[schemars(
        length(min = 1, max = 63),
        regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,

    /// What the secret is called here: `{path}` is the rest of the path, `{key}` what follows the `#`, or the last
    /// segment of an `op://` reference. Without `{key}` the secret is a JSON object, and the variable holds its member of
    /// that name. Absent: `{path}/{key}`.
    #[schemars(
        length(min = 1, max = 253),
        regex(pattern = r"^([A-Za-z0-9_./-]|\{path\}|\{key\})+$")
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl ReferenceRule {
    /// What the secret is called, in effect.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or("{path}/{key}")
    }
}
