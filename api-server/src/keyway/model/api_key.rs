//! API keys.

use std::collections::BTreeSet;

use coffer_domain::{entity::ApiKey, network::Cidr, repo_role::Scope};
use jiff::Timestamp;
use serde::Serialize;

use super::Moment;

/// An API key.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyOut {
    id: String,
    name: String,
    prefix: String,
    environment: &'static str,
    scopes: BTreeSet<Scope>,
    expires_at: Option<Moment>,
    last_used_at: Option<Moment>,
    usage_count: u64,
    created_at: Moment,
    revoked_at: Option<Moment>,
    revoked_reason: Option<String>,
    is_active: bool,
    allowed_ips: Option<Vec<Cidr>>,
}

impl KeyOut {
    /// A key, at `now`.
    pub fn of(key: &ApiKey, now: Timestamp) -> Self {
        let details = &key.details;
        let prefix = details.shown.clone().unwrap_or_default();
        Self {
            id: key.id.to_string(),
            name: key.name.to_string(),
            environment: if prefix.starts_with("kw_test_") {
                "test"
            } else {
                "live"
            },
            prefix,
            scopes: details.scopes.clone().unwrap_or_default(),
            expires_at: key.expires_at.map(Moment),
            last_used_at: key.usage.last.map(Moment),
            usage_count: key.usage.count,
            created_at: Moment(key.created_at),
            revoked_at: key.revoked_at.map(Moment),
            revoked_reason: details.revoked_because.clone(),
            is_active: key.revoked_at.is_none() && key.expires_at.is_none_or(|end| now < end),
            allowed_ips: (!details.allowed.is_empty()).then(|| details.allowed.clone()),
        }
    }
}

/// A key with its token, for the one time that this is shown.
#[derive(Serialize)]
pub struct IssuedOut<'a> {
    /// The key.
    #[serde(flatten)]
    pub key: KeyOut,
    /// Its token.
    pub token: &'a str,
}
