//! What is kept, in the domain's words. Values are not here: they are read one at a time, by version.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    address::Version,
    api_key::TokenDigest,
    generate::Generator,
    id::{ApiKeyId, OrgId, SecretId, UserId, VaultId},
    metadata::{Kind, Metadata, Why},
    name::{EnvName, Label, OrgName, SecretName, VaultName},
    network::Cidr,
    repo_role::Scope,
    rights::{Access, Grant},
    succession::{Retiring, Succession},
};

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: OrgId,
    /// Its name, unique.
    pub name: OrgName,
    /// What people call it, if not by its name.
    pub label: Option<Label>,
    /// The organization that it is a project of, if it is one.
    pub account: Option<OrgId>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Who manages a thing declaratively: other writers are refused with a conflict that names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// `VaultSecret`, `Vault` or `ApiKey`.
    pub kind: String,
    /// `namespace/name`.
    pub name: String,
    /// The object's uid: a new object of the same name is another owner.
    pub uid: String,
}

/// A vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vault {
    /// Its id.
    pub id: VaultId,
    /// Its tenant.
    pub organization: OrgId,
    /// Its name, unique in the tenant.
    pub name: VaultName,
    /// Its environments, in the order in which they came.
    pub environments: Vec<EnvName>,
    /// What they are for, where somebody said so.
    pub environment_types: BTreeMap<EnvName, EnvironmentType>,
    /// Which workloads it lets in.
    pub access: Vec<Access>,
    /// Whether it is open only to grants that name it, and to those who manage vaults.
    pub restricted: bool,
    /// The `Vault` object that manages it, if one does.
    pub owner: Option<Owner>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Rises with each change of this row; preconditions name it.
    pub revision: u64,
}

impl Vault {
    /// What an environment is for: as somebody said, else as its name says.
    pub fn environment_type(&self, environment: &EnvName) -> EnvironmentType {
        let said = self.environment_types.get(environment).copied();
        said.unwrap_or_else(|| EnvironmentType::of_name(environment.as_str()))
    }
}

/// What an environment is for, from the least protected to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EnvironmentType {
    /// Somebody's own machine.
    Development,
    /// Neither of the others.
    Standard,
    /// Where it matters.
    Protected,
}

impl EnvironmentType {
    /// What a name says, in any case and up to a colon.
    pub fn of_name(name: &str) -> Self {
        let head = name.split(':').next().unwrap_or(name).to_ascii_lowercase();
        match head.as_str() {
            "production" | "prod" | "main" | "master" => Self::Protected,
            "dev" | "development" | "local" => Self::Development,
            _ => Self::Standard,
        }
    }
}

/// A secret: what there is to say of it without a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Its id.
    pub id: SecretId,
    /// Its vault.
    pub vault: VaultId,
    /// Its environment.
    pub environment: EnvName,
    /// Its name, unique in the environment.
    pub name: SecretName,
    /// The current version; `None` when that was deleted or destroyed.
    pub current: Option<Version>,
    /// The highest version number ever given.
    pub latest: Version,
    /// How new values are made, for secrets that can be rotated.
    pub generator: Option<Generator>,
    /// The `VaultSecret` that manages it, if one does.
    pub owner: Option<Owner>,
    /// What else there is to say of it; most have nothing.
    pub metadata: Option<Arc<Metadata>>,
    /// Since when it is in the trash, if it is: then nothing but the trash shows it, and its name is free.
    pub trashed: Option<Trashed>,
    /// When its first version was written.
    pub created_at: Timestamp,
    /// When its newest version was written, or it was changed otherwise last.
    pub updated_at: Timestamp,
    /// Rises with each change of this row.
    pub revision: u64,
}

/// A secret's time in the trash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trashed {
    /// When it was put there.
    pub at: Timestamp,
    /// When it is purged.
    pub purge_at: Timestamp,
}

impl Secret {
    /// Whether its value can be read at `now`, as far as what is said of it goes.
    pub fn usable(&self, now: Timestamp) -> Result<(), Why> {
        self.metadata
            .as_ref()
            .map_or(Ok(()), |metadata| metadata.usable(now))
    }

    /// What is on its way out, with what it waits for.
    pub fn retiring(&self) -> Option<(Succession, Retiring)> {
        let succession = self.metadata.as_ref()?.succession?;
        Some((succession, succession.retiring?))
    }

    /// What kind of thing it is.
    pub fn kind(&self) -> Kind {
        self.metadata.as_ref().map(|said| said.kind).unwrap_or_default()
    }

    /// What is said of it.
    pub fn described(&self) -> Metadata {
        self.metadata.as_deref().cloned().unwrap_or_default()
    }
}

/// Where a version is in its life. `Superseded` is any readable version that is not the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VersionState {
    /// Readable: current or superseded.
    Live,
    /// Not readable; can be undeleted.
    Deleted,
    /// Gone for ever.
    Destroyed,
}

/// One version, without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionMeta {
    /// Its number.
    pub version: Version,
    /// Where it is in its life.
    pub state: VersionState,
    /// When it was written.
    pub created_at: Timestamp,
    /// By whom, as [`crate::principal::Principal::describe`] says.
    pub created_by: String,
    /// When it was deleted or destroyed.
    pub ended_at: Option<Timestamp>,
    /// Why an env file cannot carry it, as a phrase; `None` when it can.
    pub env_file_unfit: Option<String>,
}

/// An API key. The token itself is kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id, stable over rotations.
    pub id: ApiKeyId,
    /// Its tenant.
    pub organization: OrgId,
    /// A label for people.
    pub name: Label,
    /// What finds and checks its token.
    pub digest: TokenDigest,
    /// The token before the last rotation, while it still works.
    pub previous: Option<PreviousToken>,
    /// What it may do.
    pub grants: Vec<Grant>,
    /// The `ApiKey` object that manages it, if one does.
    pub owner: Option<Owner>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its present token was made.
    pub rotated_at: Timestamp,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// What the door that made it says of it.
    pub details: KeyDetails,
    /// How often it was used, and when last, as far as is known: told from time to time.
    pub usage: Usage,
    /// Rises with each change of this row.
    pub revision: u64,
}

/// What a door says of a key. The default: a key of the native door, for whatever its grants say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct KeyDetails {
    /// The dialect that made it; `None`: the native door.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub door: Option<String>,
    /// What it is for.
    pub purpose: Purpose,
    /// Whether it reaches the projects of its organization too, or only some organizations.
    pub reach: KeyReach,
    /// The user it acts for. Such a key has no grants of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// What it is cut down to; `None`: not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<BTreeSet<Scope>>,
    /// From where it works; none: from everywhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<Cidr>,
    /// The first characters of its token, by which people tell keys apart. Not enough to guess the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// Why it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_because: Option<String>,
    /// What else its door says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Box<KeyProfile>>,
}

/// What people say of a key, and how often it may be used.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct KeyProfile {
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it may do, in the words of its door; the grants are made of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// How often it may be used, if not as often as any other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<KeyRate>,
    /// Whatever else a client keeps with it.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub document: Map<String, Value>,
    /// The key that takes its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successor: Option<ApiKeyId>,
}

/// So many requests in so long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyRate {
    /// How many.
    pub requests: u32,
    /// In how many seconds.
    pub seconds: u32,
    /// The same length of time as the client wrote it: `1h`.
    pub period: String,
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Purpose {
    /// Whatever its grants say.
    #[default]
    General,
    /// Reading one vault.
    Vault(VaultId),
    /// Reading one secret: one that is public, to those who hold this.
    Item(SecretId),
}

/// How far a key reaches.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KeyReach {
    /// Its organization.
    #[default]
    Organization,
    /// Its organization and all projects of that.
    Account,
    /// Its organization and those of its projects that are named here.
    Projects(Vec<OrgId>),
}

/// How often something was used, and when last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// How often.
    pub count: u64,
    /// When last.
    pub last: Option<Timestamp>,
}

/// A rotated token in its overlap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousToken {
    /// What finds and checks it.
    pub digest: TokenDigest,
    /// When it stops working.
    pub valid_until: Timestamp,
}

/// A pod that received a version of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consumer {
    /// The secret.
    pub secret: SecretId,
    /// Its name.
    pub name: SecretName,
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's name.
    pub pod: String,
    /// The pod's uid.
    pub pod_uid: String,
    /// The first version it was sent, or an older one that was sent at the same time: what its variables hold, at the
    /// oldest. Never rises.
    pub started: Version,
    /// The newest version it was sent.
    pub delivered: Version,
    /// When that was.
    pub delivered_at: Timestamp,
    /// The newest version it has put in place.
    pub acknowledged: Option<Version>,
    /// When that was.
    pub acknowledged_at: Option<Timestamp>,
}

impl Consumer {
    /// This line after `new`, which may have been decided before it: versions only rise, so that a delivery
    /// and an acknowledgement under way at the same time never undo each other.
    #[must_use]
    pub fn risen_to(&self, new: &Self) -> Self {
        let mut line = Self {
            namespace: new.namespace.clone(),
            pod: new.pod.clone(),
            started: self.started.min(new.started),
            ..self.clone()
        };
        if new.delivered >= line.delivered {
            (line.delivered, line.delivered_at) = (new.delivered, new.delivered_at);
        }
        if new.acknowledged > line.acknowledged {
            (line.acknowledged, line.acknowledged_at) = (new.acknowledged, new.acknowledged_at);
        }
        line
    }
}
