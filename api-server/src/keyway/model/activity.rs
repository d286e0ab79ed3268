//! Activity.

use std::{borrow::Cow, collections::BTreeMap, net::IpAddr, sync::Arc};

use coffer_domain::usecase::{keyway::Activity, segments::Numbered};
use serde::Serialize;
use serde_json::Value;

use super::{Moment, user::PersonOut};

/// Something that was done.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivityOut {
    id: String,
    action: Cow<'static, str>,
    platform: Cow<'static, str>,
    metadata: BTreeMap<Cow<'static, str>, Value>,
    ip: IpAddr,
    user_agent: Option<String>,
    repo_full_name: Option<Value>,
    vault_id: Option<Value>,
    actor: Option<PersonOut>,
    created_at: Moment,
    timestamp: Moment,
}

impl ActivityOut {
    /// Something that `actor` did.
    pub fn of(noted: Numbered<Activity>, actor: Option<PersonOut>) -> Self {
        let Activity {
            actor: whose,
            action,
            platform,
            mut metadata,
            address,
            user_agent,
            at,
        } = Arc::unwrap_or_clone(noted.line);
        let vault_id = metadata.remove("vaultId");
        Self {
            id: format!("{whose}-{}", noted.number),
            action,
            platform,
            repo_full_name: metadata.get("repoFullName").cloned(),
            metadata,
            ip: address,
            user_agent,
            vault_id,
            actor,
            created_at: Moment(at),
            timestamp: Moment(at),
        }
    }
}
