//! What the server's configuration says of this door. The environment variables are the product's own.

use std::{collections::BTreeMap, convert::Infallible, fmt, path::PathBuf, str::FromStr, sync::Arc};

use clap::{ArgAction, builder::BoolishValueParser};
use coffer_domain::{
    canonical_uri::{Reading, Salt},
    name::{OrgName, VaultName},
    secret_value::SecretValue,
};
use thiserror::Error;

use super::{
    error::Failure,
    policy::{self, settings::PolicyArgs},
    provider::vault::{self, VaultArgs},
    sender::{self, SenderArgs},
};
use crate::identity::{ClusterKeys, IssuerKeys, JwksFile, JwksUrl, KeysError};

/// A text that is shown nowhere.
#[derive(Clone)]
pub struct Hidden(SecretValue);

impl FromStr for Hidden {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(SecretValue::from(text)))
    }
}

impl Hidden {
    /// The text.
    pub fn value(&self) -> SecretValue {
        self.0.clone()
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

/// The Canonical door's part of the command line.
#[derive(Debug, Clone, clap::Args)]
#[group(id = "canonical")]
pub struct Args {
    /// Whether the Canonical door asks for a credential. Without one it answers this machine only.
    #[arg(long, env = "SECRETS_API_REQUIRE_AUTH", default_value = "true", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub canonical_require_auth: bool,
    /// Whether a token of an issuer needs the scope of what it is used for.
    #[arg(long, env = "SECRETS_ENFORCE_SCOPES", default_value = "true", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub canonical_enforce_scopes: bool,
    /// Whom a token must be for, where it says for whom it is.
    #[arg(long, env = "SECRETS_AUDIENCE", default_value = "crud.secrets")]
    pub canonical_audience: String,
    /// Whether a token must say for whom it is.
    #[arg(long, env = "SECRETS_AUDIENCE_REQUIRED", default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub canonical_audience_required: bool,
    /// Whose tokens are taken, as it stands in them. Its keys are where its description says unless another place is named.
    #[arg(long, env = "OIDC_ISSUER", value_name = "URL")]
    pub canonical_issuer: Option<String>,
    /// Where the issuer publishes its keys.
    #[arg(long, env = "OIDC_JWKS_URL", value_name = "URL", group = "canonical_keys")]
    pub canonical_jwks_url: Option<String>,
    /// The same as a file.
    #[arg(
        long,
        env = "COFFER_CANONICAL_JWKS_FILE",
        value_name = "FILE",
        group = "canonical_keys"
    )]
    pub canonical_jwks_file: Option<PathBuf>,
    /// What the issuer is called in the names of subjects: `auth:account:<this>:<sub>`.
    #[arg(
        long,
        env = "COFFER_CANONICAL_IDP",
        value_name = "NAME",
        default_value = "idp"
    )]
    pub canonical_idp: String,
    /// What this server is for. `dev` and `test` allow what is for development.
    #[arg(long, env = "ENVIRONMENT", value_name = "NAME", default_value = "production")]
    pub canonical_environment: String,
    /// Whether `/events` and `/audit` are served; else in `dev` and `test` only.
    #[arg(long, env = "SECRETS_DEV_ENDPOINTS", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub canonical_dev_endpoints: Option<bool>,
    /// Whether URIs without an engine, or with a slash at their end, are taken; else in `dev` only.
    #[arg(long, env = "SECRET_URI_ACCEPT_LEGACY", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub canonical_legacy_uris: Option<bool>,
    /// The organization that tokens of the issuer, and requests without a credential, are for.
    #[arg(
        long,
        env = "TENANT_ID",
        value_name = "ORGANIZATION",
        default_value = "default"
    )]
    pub canonical_tenant: OrgName,
    /// Its mounts, by commas; an empty list is none. Without it: `secret`, and for API keys what their grants say.
    #[arg(long, env = "TENANT_ALLOWED_MOUNTS", value_name = "MOUNTS")]
    pub canonical_mounts: Option<String>,
    /// Several tenants and their mounts, as a JSON object: then the claim `tenant_id` says which one a token is for.
    #[arg(long, env = "TENANT_MOUNT_MAP", value_name = "JSON")]
    pub canonical_mount_map: Option<String>,
    /// The key under which URIs become references in logs and events; without one there are no references.
    #[arg(long, env = "TENANT_SALT", value_name = "TEXT", hide_env_values = true)]
    pub canonical_salt: Option<Hidden>,
    /// The file behind `yaml://`, for development.
    #[arg(long, env = "YAML_VAULT_PATH", value_name = "FILE")]
    pub canonical_yaml: Option<PathBuf>,
    /// What it says of the policy decision point.
    #[command(flatten)]
    pub policy: PolicyArgs,
    /// What it says of tokens that are bound to their senders.
    #[command(flatten)]
    pub sender: SenderArgs,
    /// What it says of a server that keeps mounts.
    #[command(flatten)]
    pub vault: VaultArgs,
    /// How many items a page has unless the request says otherwise.
    #[arg(long, env = "SECRETS_PAGE_LIMIT_DEFAULT", default_value = "100", value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub canonical_page_limit: u64,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            canonical_require_auth: true,
            canonical_enforce_scopes: true,
            canonical_audience: "crud.secrets".to_owned(),
            canonical_audience_required: false,
            canonical_issuer: None,
            canonical_jwks_url: None,
            canonical_jwks_file: None,
            canonical_idp: "idp".to_owned(),
            canonical_environment: "production".to_owned(),
            canonical_dev_endpoints: None,
            canonical_legacy_uris: None,
            canonical_tenant: OrgName::default_organization(),
            canonical_mounts: None,
            canonical_mount_map: None,
            canonical_salt: None,
            canonical_yaml: None,
            policy: PolicyArgs::default(),
            sender: SenderArgs::default(),
            vault: VaultArgs::default(),
            canonical_page_limit: 100,
        }
    }
}

/// What kind of environment a server is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// `dev`
    Development,
    /// `test`
    Test,
    /// `prod`, `production`
    Production,
    /// Any other.
    Other,
}

impl Stage {
    fn of(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "dev" => Self::Development,
            "test" => Self::Test,
            "prod" | "production" => Self::Production,
            _ => Self::Other,
        }
    }

    /// Whether what is for development is allowed.
    pub fn is_for_development(self) -> bool {
        matches!(self, Self::Development | Self::Test)
    }
}

/// Which mounts tenants have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mounts {
    /// Nothing was said.
    Usual,
    /// The one tenant's.
    These(Vec<VaultName>),
    /// Those of several.
    Of(BTreeMap<OrgName, Vec<VaultName>>),
}

/// The same, for the door.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct Settings {
    /// Whether a credential is needed.
    pub require_auth: bool,
    /// Whether a token needs scopes.
    pub enforce_scopes: bool,
    /// Whom tokens are for.
    pub audience: String,
    /// Whether they must say so.
    pub audience_required: bool,
    /// Whose tokens are taken.
    pub issuer: Option<String>,
    /// Where its keys are.
    pub keys: Option<Arc<dyn ClusterKeys>>,
    /// What it is called in subjects' names.
    pub idp: String,
    /// What the server is for.
    pub stage: Stage,
    /// Whether `/events` and `/audit` are served.
    pub dev_endpoints: bool,
    /// How URIs are read.
    pub reading: Reading,
    /// The tenant.
    pub tenant: OrgName,
    /// Which mounts tenants have.
    pub mounts: Mounts,
    /// The key for references.
    pub salt: Option<Salt>,
    /// The file behind `yaml://`.
    pub yaml: Option<PathBuf>,
    /// The policy decision point.
    pub policy: Option<policy::settings::Settings>,
    /// How senders show who they are.
    pub sender: sender::Settings,
    /// What is kept elsewhere.
    pub vault: Option<vault::Settings>,
    /// How many items a page has.
    pub page_limit: u64,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}

/// Settings that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct BadSettings(String);

impl BadSettings {
    /// For this reason.
    pub fn new(why: String) -> Self {
        Self(why)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Args::default().settings()
    }
}

impl Settings {
    /// The mounts that were named, with their tenants.
    pub fn named_mounts(&self) -> Vec<(OrgName, VaultName)> {
        let of = |(tenant, mounts): (&OrgName, &Vec<VaultName>)| -> Vec<(OrgName, VaultName)> {
            mounts
                .iter()
                .map(|mount| (tenant.clone(), mount.clone()))
                .collect()
        };
        match &self.mounts {
            Mounts::Usual => Vec::new(),
            Mounts::These(mounts) => of((&self.tenant, mounts)),
            Mounts::Of(tenants) => tenants.iter().flat_map(of).collect(),
        }
    }

    /// The tenant of a subject that names this one: the only one there is, or, of several, the one that is named.
    pub fn tenant_named(&self, name: Option<&str>) -> Result<OrgName, Failure> {
        let Mounts::Of(tenants) = &self.mounts else {
            return Ok(self.tenant.clone());
        };
        let named = name.and_then(|name| OrgName::new(name).ok());
        named
            .filter(|name| tenants.contains_key(name))
            .ok_or_else(Failure::mount)
    }

    /// The mounts that a subject without grants of its own has in a tenant.
    pub fn mounts_of(&self, tenant: &OrgName) -> Vec<VaultName> {
        match &self.mounts {
            Mounts::Usual => "secret".parse().into_iter().collect(),
            Mounts::These(mounts) if *tenant == self.tenant => mounts.clone(),
            Mounts::These(_) => Vec::new(),
            Mounts::Of(tenants) => tenants.get(tenant).cloned().unwrap_or_default(),
        }
    }
}

impl Args {
    /// Whether clients are asked for certificates.
    pub fn asks_for_certificates(&self) -> bool {
        self.sender.canonical_mode.asks()
    }

    /// As settings; [`Args::check`] says whether they can be meant.
    pub fn settings(&self) -> Settings {
        let stage = Stage::of(&self.canonical_environment);
        let legacy = self.canonical_legacy_uris.unwrap_or(stage == Stage::Development);
        Settings {
            require_auth: self.canonical_require_auth,
            enforce_scopes: self.canonical_enforce_scopes,
            audience: self.canonical_audience.clone(),
            audience_required: self.canonical_audience_required,
            issuer: self.canonical_issuer.clone(),
            keys: self.keys().unwrap_or_default(),
            idp: self.canonical_idp.clone(),
            stage,
            dev_endpoints: self.canonical_dev_endpoints.unwrap_or(stage.is_for_development()),
            reading: if legacy { Reading::Legacy } else { Reading::Strict },
            tenant: self.canonical_tenant.clone(),
            mounts: self.mounts().unwrap_or(Mounts::These(Vec::new())),
            salt: self.canonical_salt.as_ref().map(|salt| Salt::new(salt.value())),
            yaml: self.canonical_yaml.clone(),
            policy: self.policy.settings().unwrap_or_default(),
            sender: self.sender.settings(),
            vault: self.vault.settings().unwrap_or_default(),
            page_limit: self.canonical_page_limit,
        }
    }

    /// Whether they can be meant.
    pub fn check(&self) -> Result<(), BadSettings> {
        self.mounts()?;
        self.policy.settings()?;
        self.sender.check()?;
        let always = [sender::Mode::BearerPlusMtlsRequired, sender::Mode::Mtls];
        if always.contains(&self.sender.canonical_mode) && !self.canonical_require_auth {
            let why =
                "--canonical-auth-mode mtls and bearer_plus_mtls_required need --canonical-require-auth true";
            return Err(BadSettings(why.to_owned()));
        }
        self.vault.settings()?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if self.canonical_idp.is_empty() || !self.canonical_idp.bytes().all(plain) {
            return Err(BadSettings(
                "--canonical-idp takes letters, digits, '.', '_' and '-'".to_owned(),
            ));
        }
        self.keys().map(drop)
    }

    fn keys(&self) -> Result<Option<Arc<dyn ClusterKeys>>, BadSettings> {
        let bad = |error: KeysError| BadSettings(error.to_string());
        let Self {
            canonical_jwks_file: file,
            canonical_jwks_url: url,
            canonical_issuer: issuer,
            ..
        } = self;
        Ok(match (file, url, issuer) {
            (Some(file), _, _) => Some(Arc::new(JwksFile(file.clone()))),
            (None, Some(url), _) => Some(Arc::new(JwksUrl::new(url).map_err(bad)?)),
            (None, None, Some(issuer)) => Some(Arc::new(IssuerKeys::new(issuer).map_err(bad)?)),
            (None, None, None) => None,
        })
    }

    fn mounts(&self) -> Result<Mounts, BadSettings> {
        if let Some(map) = &self.canonical_mount_map {
            let bad = |error: serde_json::Error| BadSettings(format!("--canonical-mount-map: {error}"));
            return Ok(Mounts::Of(serde_json::from_str(map).map_err(bad)?));
        }
        let Some(list) = &self.canonical_mounts else {
            return Ok(Mounts::Usual);
        };
        let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
        let bad = |error| BadSettings(format!("--canonical-mounts: {error}"));
        Ok(Mounts::These(
            names.map(VaultName::new).collect::<Result<_, _>>().map_err(bad)?,
        ))
    }
}
