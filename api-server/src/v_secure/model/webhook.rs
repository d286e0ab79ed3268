//! Webhooks.

use std::collections::BTreeMap;

use coffer_domain::{outbox::Subscription, record::Kept, secret_value::SecretValue};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{Moment, Shown, object};
use crate::{
    http::fields::{FieldFault, Fields, MISSING},
    v_secure::{NAME, hooks, words},
};

/// Under which labels a subscription keeps what this door says of it besides.
const DESCRIPTION: &str = "description";
const EVENTS: &str = "events";
const RESOURCE: &str = "resource";
const ACTION: &str = "action";

/// The resource and the action that events are to be about.
type Filters = (Option<String>, Option<String>);

/// A webhook to be made or changed.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct WebhookIn {
    /// An absolute http or https URL.
    url: String,
    /// Such as `secret.created`; `*` for all.
    events: Vec<String>,
    /// What deliveries are signed with; made without.
    secret: Option<String>,
    /// `resource` and `action`: only events about these.
    #[schema(value_type = Option<Object>)]
    filters: Option<Map<String, Value>>,
    description: Option<String>,
    /// True without.
    active: Option<bool>,
}

/// What a body says of a webhook; what is `None` is not mentioned.
pub struct WebhookSaid {
    url: Option<String>,
    events: Option<Vec<String>>,
    secret: Option<SecretValue>,
    filters: Option<Filters>,
    description: Option<String>,
    active: Option<bool>,
}

impl WebhookSaid {
    /// Reads a body.
    pub fn of(fields: &mut Fields) -> Result<Self, FieldFault> {
        let url = fields.text("url")?;
        if let Some(url) = &url {
            hooks::check_url("url", url)?;
        }
        let events = fields.texts("events")?;
        let unknown = |events: &Vec<String>| {
            events.is_empty()
                || events
                    .iter()
                    .any(|event| !words::EVENTS.contains(&event.as_str()))
        };
        if events.as_ref().is_some_and(unknown) {
            return Err(FieldFault::new(
                "events",
                format!("must be among {}", words::EVENTS.join(", ")),
            ));
        }
        let secret = fields.secret("secret")?.filter(|secret| !secret.is_empty());
        if secret.as_ref().is_some_and(|secret| secret.len() > 512) {
            return Err(FieldFault::new("secret", "must not exceed 512 bytes"));
        }
        let description = fields.text("description")?;
        if description
            .as_ref()
            .is_some_and(|text| text.chars().count() > 1000)
        {
            return Err(FieldFault::new("description", "must not exceed 1000 characters"));
        }
        Ok(Self {
            url,
            events,
            secret,
            filters: filters(fields)?,
            description,
            active: fields.flag("active")?,
        })
    }

    /// A new one, signed with `secret` if the body names none.
    pub fn into_new(self, secret: SecretValue, mode: &str) -> Result<Subscription, FieldFault> {
        let missing = |name: &str| FieldFault::new(name, MISSING);
        let empty = Subscription {
            url: self.url.clone().ok_or_else(|| missing("url"))?,
            events: self.events.clone().ok_or_else(|| missing("events"))?,
            active: true,
            door: NAME.to_owned(),
            secret,
            labels: BTreeMap::from([(hooks::MODE.to_owned(), mode.to_owned())]),
        };
        Ok(self.over(empty))
    }

    /// One as it is after this.
    pub fn over(&self, before: Subscription) -> Subscription {
        let mut labels = before.labels;
        if let Some(description) = &self.description {
            labels.insert(DESCRIPTION.to_owned(), description.clone());
        }
        if let Some((resource, action)) = &self.filters {
            for (name, value) in [(RESOURCE, resource), (ACTION, action)] {
                match value {
                    Some(value) => drop(labels.insert(name.to_owned(), value.clone())),
                    None => drop(labels.remove(name)),
                }
            }
        }
        let asked = self.events.clone().unwrap_or_else(|| match labels.get(EVENTS) {
            Some(asked) => asked.split(' ').map(str::to_owned).collect(),
            None => before.events.clone(),
        });
        labels.insert(EVENTS.to_owned(), asked.join(" "));
        Subscription {
            url: self.url.clone().unwrap_or(before.url),
            events: effective(&asked, labels.get(RESOURCE), labels.get(ACTION)),
            active: self.active.unwrap_or(before.active),
            secret: self.secret.clone().unwrap_or(before.secret),
            labels,
            ..before
        }
    }
}

fn filters(fields: &mut Fields) -> Result<Option<Filters>, FieldFault> {
    let Some(given) = object(fields, "filters")? else {
        return Ok(None);
    };
    let text = |name: &str| match given.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(FieldFault::new(
            "filters",
            "must have texts in resource and action",
        )),
    };
    let resource = text("resource")?.map(|it| it.strip_suffix('s').unwrap_or(&it).to_owned());
    Ok(Some((resource, text("action")?)))
}

/// The events that are left of those asked for, each by name.
fn effective(asked: &[String], resource: Option<&String>, action: Option<&String>) -> Vec<String> {
    let all = asked.iter().any(|event| event == "*");
    let named = words::EVENTS.iter().filter(|event| **event != "*");
    let kept = named.filter(|event| {
        let (kind, verb) = event.split_once('.').unwrap_or((event, ""));
        (all || asked.iter().any(|asked| asked == *event))
            && resource.is_none_or(|resource| resource == kind)
            && action.is_none_or(|action| action == verb || action == *event)
    });
    kept.map(|event| (*event).to_owned()).collect()
}

/// A webhook.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookOut {
    /// `whk_` and more.
    id: String,
    url: String,
    events: Vec<String>,
    #[schema(value_type = Object)]
    filters: Value,
    description: Option<String>,
    active: bool,
    /// `active` or `disabled`.
    status: &'static str,
    /// What deliveries are signed with: shown when it is made, and not again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    secret: Option<Shown>,
    created_at: Moment,
    updated_at: Moment,
}

impl WebhookOut {
    /// Of a subscription.
    pub fn of(kept: &Kept<Subscription>) -> Self {
        let labels = &kept.body.labels;
        let mut filters = Map::new();
        for name in [RESOURCE, ACTION] {
            if let Some(value) = labels.get(name) {
                filters.insert(name.to_owned(), Value::from(value.as_str()));
            }
        }
        let asked = labels
            .get(EVENTS)
            .map(|asked| asked.split(' ').map(str::to_owned).collect());
        Self {
            id: kept.key.clone(),
            url: kept.body.url.clone(),
            events: asked.unwrap_or_else(|| kept.body.events.clone()),
            filters: filters.into(),
            description: labels.get(DESCRIPTION).cloned(),
            active: kept.body.active,
            status: if kept.body.active { "active" } else { "disabled" },
            secret: None,
            created_at: Moment(kept.created_at),
            updated_at: Moment(kept.updated_at),
        }
    }

    /// With what it signs with, for the one time that this is shown.
    #[must_use]
    pub fn with_secret(self, secret: &SecretValue) -> Self {
        Self {
            secret: Some(Shown::new(secret.clone())),
            ..self
        }
    }
}

/// A webhook that is gone.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookGone {
    /// True.
    pub deleted: bool,
    /// Its id.
    pub id: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_leave_of_the_events_what_they_name() {
        let all = ["*".to_owned()];
        assert_eq!(effective(&all, None, None).len(), words::EVENTS.len() - 1);
        assert_eq!(
            effective(&all, Some(&"secret".to_owned()), Some(&"created".to_owned())),
            ["secret.created"]
        );
        let asked = ["apikey.rotated".to_owned()];
        assert!(effective(&asked, Some(&"secret".to_owned()), None).is_empty());
    }
}
