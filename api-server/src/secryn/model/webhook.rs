//! Webhooks.

use std::collections::BTreeMap;

use coffer_domain::{outbox::Subscription, record::Kept, secret_value::SecretValue};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Moment, published::Token};
use crate::http::fields::{FieldFault, Fields, MISSING};

/// What can be heard of, and what of it.
const KINDS: [&str; 5] = ["resource", "secret", "key", "certificate", "vault"];
const VERBS: [&str; 3] = ["created", "updated", "deleted"];
/// The most events that a webhook names.
const MOST: usize = 64;

/// A webhook to be made or changed.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct WebhookIn {
    /// An absolute http or https URL.
    url: String,
    /// At least one of `resource`, `secret`, `key`, `certificate`, `vault` with `.created`, `.updated`, `.deleted`.
    events: Vec<String>,
    /// Whether it hears anything; `true` without.
    active: Option<bool>,
}

/// What a body wants a webhook to be.
pub struct Wanted {
    url: String,
    events: Vec<String>,
    active: Option<bool>,
}

impl Wanted {
    /// Reads a body.
    pub fn of(fields: &mut Fields) -> Result<Self, FieldFault> {
        let url = fields.required("url")?;
        let events = fields.texts("events")?;
        let events = events.ok_or_else(|| FieldFault::new("events", MISSING))?;
        if events.is_empty() || events.len() > MOST || !events.iter().all(|event| is_known(event)) {
            let rule = "must name events such as resource.created, at least one of them";
            return Err(FieldFault::new("events", rule));
        }
        let active = fields.flag("active")?;
        Ok(Self { url, events, active })
    }

    /// A new subscription of `door`.
    pub fn into_new(self, door: &str, secret: SecretValue) -> Subscription {
        Subscription {
            url: self.url,
            events: self.events,
            active: self.active.unwrap_or(true),
            door: door.to_owned(),
            secret,
            labels: BTreeMap::new(),
        }
    }

    /// `before`, as it is to be from now on.
    pub fn over(&self, before: Subscription) -> Subscription {
        Subscription {
            url: self.url.clone(),
            events: self.events.clone(),
            active: self.active.unwrap_or(before.active),
            ..before
        }
    }
}

fn is_known(event: &str) -> bool {
    event
        .split_once('.')
        .is_some_and(|(kind, verb)| KINDS.contains(&kind) && VERBS.contains(&verb))
}

/// A webhook.
#[derive(Serialize, ToSchema)]
pub struct WebhookOut {
    /// `wh_` and more.
    id: String,
    url: String,
    events: Vec<String>,
    active: bool,
    created_at: Moment,
    updated_at: Moment,
    /// What its deliveries are signed with. It is shown when the webhook is made, and not again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    secret: Option<Token>,
}

impl WebhookOut {
    /// With what it signs with, for the one time that this is shown.
    pub fn made(kept: Kept<Subscription>) -> Self {
        let secret = Token::from(&kept.body.secret);
        Self {
            secret: Some(secret),
            ..Self::from(kept)
        }
    }
}

impl From<Kept<Subscription>> for WebhookOut {
    fn from(kept: Kept<Subscription>) -> Self {
        Self {
            id: kept.key,
            url: kept.body.url,
            events: kept.body.events,
            active: kept.body.active,
            created_at: Moment(kept.created_at),
            updated_at: Moment(kept.updated_at),
            secret: None,
        }
    }
}
