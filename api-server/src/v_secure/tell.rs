//! Which entries of the audit log a request, an export or a feed wants, and for how long they are shown.

use coffer_domain::audit::{AuditEvent, Outcome};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{retention::Shown, span, words};
use crate::http::{fields::FieldFault, query::Query};

/// Which entries.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    kind: Option<String>,
    action: Option<String>,
    actor: Option<String>,
    name: Option<String>,
    refused: Option<bool>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

/// `secrets` and `secret` are the same.
fn kind(text: &str) -> Result<String, FieldFault> {
    let singular = text.strip_suffix('s').unwrap_or(text);
    match singular {
        "secret" | "apikey" | "mcp" | "webhook" | "config" | "auth" => Ok(singular.to_owned()),
        _ => Err(FieldFault::new(
            "resource",
            "must be secrets, apikeys, mcp, webhooks, config or auth",
        )),
    }
}

impl Filter {
    /// Of texts by name, whether parameters or fields.
    pub fn of<'a>(
        text: &dyn Fn(&'static str) -> Option<&'a str>,
        now: Timestamp,
    ) -> Result<Self, FieldFault> {
        let moment = |name: &'static str| text(name).map(|it| span::moment(name, it, now)).transpose();
        let owned = |name: &'static str| text(name).map(str::to_owned);
        Ok(Self {
            kind: text("resource").map(kind).transpose()?,
            action: owned("action"),
            actor: owned("actor"),
            name: owned("name"),
            refused: match text("result") {
                None => None,
                Some("success") => Some(false),
                Some("failure") => Some(true),
                Some(_) => return Err(FieldFault::new("result", "must be success or failure")),
            },
            since: moment("since")?,
            until: moment("until")?,
        })
    }

    /// Of a request's parameters.
    pub fn of_query(query: &Query<'_>, now: Timestamp) -> Result<Self, FieldFault> {
        Self::of(&|name| query.text(name), now)
    }

    /// Of an object.
    pub fn of_object(object: &Map<String, Value>, now: Timestamp) -> Result<Self, FieldFault> {
        Self::of(&|name| object.get(name).and_then(Value::as_str), now)
    }

    /// Whether an event is wanted and shown.
    pub fn takes(&self, event: &AuditEvent, shown: &Shown) -> bool {
        let Some(word) = words::of(event) else {
            return false;
        };
        let refused = event.outcome == Outcome::Denied;
        let named = |wanted: &String| *wanted == words::target_name(event);
        let acted =
            |wanted: &String| *wanted == words::actor_id(&event.principal) || *wanted == event.principal;
        let action = |wanted: &String| *wanted == word.verb || *wanted == word.long();
        self.kind.as_ref().is_none_or(|kind| kind == word.kind)
            && self.action.as_ref().is_none_or(action)
            && self.actor.as_ref().is_none_or(acted)
            && self.name.as_ref().is_none_or(named)
            && self.refused.is_none_or(|wanted| wanted == refused)
            && self.since.is_none_or(|since| since <= event.at)
            && self.until.is_none_or(|until| event.at <= until)
            && shown.shows(word, event.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn singular_and_plural_are_the_same_and_others_are_faults() {
        assert_eq!(kind("secrets").unwrap(), "secret");
        assert_eq!(kind("secret").unwrap(), "secret");
        assert_eq!(kind("apikeys").unwrap(), "apikey");
        assert!(kind("planets").is_err());
        let now = Timestamp::UNIX_EPOCH;
        let query = |text: &'static str| Filter::of_query(&Query::lenient(Some(text)), now);
        assert!(query("result=failure").unwrap().refused.unwrap());
        assert!(query("result=maybe").is_err());
        assert!(query("since=someday").is_err());
    }
}
