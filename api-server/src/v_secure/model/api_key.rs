//! API keys.

use std::collections::BTreeSet;

use coffer_domain::{
    Error,
    api_key::TokenForm,
    entity::{ApiKey, KeyDetails, KeyProfile, KeyRate},
    name::Label,
    network::Cidr,
    rights::Grant,
    secret_value::SecretValue,
    usecase::{api_keys::NewApiKey, managed_keys::KeyStage},
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{Moment, Shown, object};
use crate::{
    http::fields::{FieldFault, Fields, MISSING, Said},
    v_secure::{NAME, id, scope, span},
};

/// The most scopes and addresses, and the longest description.
const MOST: usize = 64;
const LONGEST: usize = 4096;

/// What keys look like: production, and sandbox.
pub const LIVE: TokenForm = form("vsec_live_");
/// See [`LIVE`].
pub const TEST: TokenForm = form("vsec_test_");

const fn form(prefix: &'static str) -> TokenForm {
    TokenForm::Dialect {
        prefix,
        random: 32,
        shown: 0,
    }
}

/// How often a key may be used.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RateOut {
    /// How many requests.
    requests: u32,
    /// In how long: `1h`.
    period: String,
}

/// A key to be made; to change one, any of these.
#[derive(Debug, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct KeyIn {
    name: String,
    description: Option<String>,
    /// Such as `secrets:read`; none that the maker lacks.
    scopes: Vec<String>,
    /// Such as `365d`.
    expires_in: Option<String>,
    /// A time in the future; not beside `expiresIn`.
    expires_at: Option<String>,
    rate_limit: Option<RateOut>,
    /// Addresses and blocks from which it works; none: from everywhere.
    ip_whitelist: Option<Vec<String>>,
    /// A JSON object of at most 16 KiB.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
    /// `live`, or `test` for a key of the account's sandbox; as the maker's without.
    mode: Option<String>,
}

/// What a body says of a key; what is `None` is not mentioned.
#[derive(Debug, Clone, Default)]
pub struct KeySaid {
    name: Option<Label>,
    description: Option<String>,
    scopes: Option<(Vec<String>, Vec<Grant>)>,
    expires_at: Option<Timestamp>,
    rate: Said<KeyRate>,
    allowed: Option<Vec<Cidr>>,
    document: Option<Map<String, Value>>,
}

impl KeySaid {
    /// Reads a body.
    pub fn of(fields: &mut Fields, now: Timestamp) -> Result<Self, FieldFault> {
        let name = if fields.has("name") {
            Some(label(fields)?)
        } else {
            None
        };
        let description = fields.text("description")?;
        if description
            .as_ref()
            .is_some_and(|text| text.chars().count() > LONGEST)
        {
            return Err(FieldFault::new("description", "must not exceed 4096 characters"));
        }
        let document = object(fields, "metadata")?;
        if document
            .as_ref()
            .is_some_and(|it| Value::from(it.clone()).to_string().len() > 16 * 1024)
        {
            return Err(FieldFault::new("metadata", "must not exceed 16 KiB"));
        }
        Ok(Self {
            name,
            description,
            scopes: fields.texts("scopes")?.map(scopes).transpose()?,
            expires_at: span::end(fields, now)?,
            rate: rate(fields)?,
            allowed: fields
                .texts("ipWhitelist")?
                .as_deref()
                .map(addresses)
                .transpose()?,
            document,
        })
    }

    /// A new key.
    pub fn into_new(self, form: TokenForm) -> Result<NewApiKey, FieldFault> {
        let missing = |name: &str| FieldFault::new(name, MISSING);
        let (scopes, grants) = self.scopes.ok_or_else(|| missing("scopes"))?;
        let details = KeyDetails {
            door: Some(NAME.to_owned()),
            allowed: self.allowed.unwrap_or_default(),
            profile: Some(Box::new(KeyProfile {
                description: self.description,
                scopes,
                rate: self.rate.after(None),
                document: self.document.unwrap_or_default(),
                successor: None,
            })),
            ..KeyDetails::default()
        };
        Ok(NewApiKey {
            expires_at: self.expires_at,
            details,
            form,
            ..NewApiKey::plain(self.name.ok_or_else(|| missing("name"))?, grants)
        })
    }

    /// A key as it is after this.
    pub fn over(&self, before: ApiKey) -> Result<ApiKey, Error> {
        let said = self.clone();
        let mut profile = before.details.profile.clone().unwrap_or_default();
        let (scopes, grants) = match said.scopes {
            Some(both) => both,
            None => (profile.scopes.clone(), before.grants),
        };
        profile.scopes = scopes;
        profile.description = said.description.or(profile.description);
        profile.rate = said.rate.after(profile.rate);
        profile.document = said.document.unwrap_or(profile.document);
        Ok(ApiKey {
            name: said.name.unwrap_or(before.name),
            grants,
            expires_at: said.expires_at.or(before.expires_at),
            details: KeyDetails {
                allowed: said.allowed.unwrap_or(before.details.allowed),
                profile: Some(profile),
                ..before.details
            },
            ..before
        })
    }
}

fn label(fields: &mut Fields) -> Result<Label, FieldFault> {
    let text = fields.label("name", 255)?;
    Label::new(text).map_err(|bad| FieldFault::new("name", format!("must be {}", bad.rule)))
}

fn scopes(given: Vec<String>) -> Result<(Vec<String>, Vec<Grant>), FieldFault> {
    let wrong = || {
        FieldFault::new(
            "scopes",
            "must name known scopes such as secrets:read, at least one of them",
        )
    };
    let unique: BTreeSet<&String> = given.iter().collect();
    if given.is_empty() || unique.len() > MOST {
        return Err(wrong());
    }
    let grants = scope::grants(&given).ok_or_else(wrong)?;
    let mut kept: Vec<String> = Vec::new();
    for scope in given {
        if !kept.contains(&scope) {
            kept.push(scope);
        }
    }
    Ok((kept, grants))
}

fn addresses(given: &[String]) -> Result<Vec<Cidr>, FieldFault> {
    let wrong = || {
        FieldFault::new(
            "ipWhitelist",
            "must hold at most 64 addresses or blocks such as 203.0.113.0/24",
        )
    };
    if given.len() > MOST {
        return Err(wrong());
    }
    given
        .iter()
        .map(|text| text.parse().map_err(|_| wrong()))
        .collect()
}

/// Null takes a rate of its own away.
fn rate(fields: &mut Fields) -> Result<Said<KeyRate>, FieldFault> {
    let wrong = || {
        FieldFault::new(
            "rateLimit",
            "must have requests, a number from 1, and period, such as 1h",
        )
    };
    let given = match fields.any("rateLimit") {
        None => return Ok(Said::Nothing),
        Some(Value::Null) => return Ok(Said::This(None)),
        Some(given) => given,
    };
    let requests = given["requests"].as_u64().and_then(|it| u32::try_from(it).ok());
    let period = given["period"].as_str().unwrap_or_default();
    let seconds = span::parse(period).and_then(|it| u32::try_from(it.as_secs()).ok());
    match (requests.filter(|it| *it > 0), seconds) {
        (Some(requests), Some(seconds)) => Ok(Said::This(Some(KeyRate {
            requests,
            seconds,
            period: period.to_owned(),
        }))),
        _ => Err(wrong()),
    }
}

/// How a stage is called.
pub fn stage(stage: KeyStage) -> &'static str {
    match stage {
        KeyStage::Active => "active",
        KeyStage::Rotating => "rotating",
        KeyStage::Expired => "expired",
        KeyStage::Revoked => "revoked",
    }
}

/// A key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyOut {
    /// `key_` and more.
    id: String,
    name: String,
    description: Option<String>,
    /// Shown when it is made, and not again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    api_key: Option<Shown>,
    scopes: Vec<String>,
    rate_limit: Option<RateOut>,
    ip_whitelist: Vec<String>,
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
    expires_at: Option<Moment>,
    created_at: Moment,
    last_used_at: Option<Moment>,
    usage_count: u64,
    /// `active`, `rotating`, `expired` or `revoked`.
    status: &'static str,
    revoked_at: Option<Moment>,
}

impl KeyOut {
    /// Of a key at `now`; a native one's rights are told as the scopes that they amount to.
    pub fn of(key: &ApiKey, now: Timestamp) -> Self {
        let profile = key.details.profile.clone().unwrap_or_default();
        let scopes = if profile.scopes.is_empty() {
            scope::of_grants(&key.grants)
        } else {
            profile.scopes
        };
        Self {
            id: id::of(id::KEY, key.id),
            name: key.name.to_string(),
            description: profile.description,
            api_key: None,
            scopes,
            rate_limit: profile.rate.map(|rate| RateOut {
                requests: rate.requests,
                period: rate.period,
            }),
            ip_whitelist: key.details.allowed.iter().map(ToString::to_string).collect(),
            metadata: profile.document,
            expires_at: key.expires_at.map(Moment),
            created_at: Moment(key.created_at),
            last_used_at: key.usage.last.map(Moment),
            usage_count: key.usage.count,
            status: stage(KeyStage::of(key, now)),
            revoked_at: key.revoked_at.map(Moment),
        }
    }

    /// With its token, for the one time that this is shown.
    #[must_use]
    pub fn with(self, token: &SecretValue) -> Self {
        Self {
            api_key: Some(Shown::new(token.clone())),
            ..self
        }
    }
}

/// A key that is over.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyGone {
    /// True.
    pub revoked: bool,
    /// The key's id.
    pub id: String,
    /// When.
    pub revoked_at: Option<Moment>,
}

/// A key and the one that takes its place.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RotatedOut {
    old_key: OldKey,
    new_key: NewKey,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OldKey {
    id: String,
    expires_at: Option<Moment>,
    status: &'static str,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NewKey {
    id: String,
    #[schema(value_type = String)]
    api_key: Shown,
    expires_at: Option<Moment>,
    status: &'static str,
}

impl RotatedOut {
    /// The old key, the new one, and its token.
    pub fn of(old: &ApiKey, new: &ApiKey, token: &SecretValue, now: Timestamp) -> Self {
        Self {
            old_key: OldKey {
                id: id::of(id::KEY, old.id),
                expires_at: old.expires_at.map(Moment),
                status: stage(KeyStage::of(old, now)),
            },
            new_key: NewKey {
                id: id::of(id::KEY, new.id),
                api_key: Shown::new(token.clone()),
                expires_at: new.expires_at.map(Moment),
                status: stage(KeyStage::of(new, now)),
            },
        }
    }
}
