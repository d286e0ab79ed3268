//! For how long this door shows entries of the audit log. The log itself loses none: its chain would break.

use coffer_domain::{Error, audit_copy::Retention, id::OrgId, record::Kept};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::{span, words::Word};
use crate::{app::App, http::fields::FieldFault};

/// The one document of an account.
pub const KEY: &str = "v-secure";
/// The most rules.
const MOST: usize = 64;

/// What is shown.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    now: Timestamp,
    usual: Option<SignedDuration>,
    rules: Vec<(Option<String>, Option<String>, SignedDuration)>,
}

impl Shown {
    /// Everything.
    pub fn everything() -> Self {
        Self::default()
    }

    /// As a document says, at `now`.
    pub fn of(told: &Map<String, Value>, now: Timestamp) -> Result<Self, FieldFault> {
        let length = |name: &str, value: &Value| {
            let found = value.as_str().and_then(span::parse);
            found.ok_or_else(|| FieldFault::new(name, span::RULE))
        };
        let usual = told
            .get("defaultRetention")
            .map(|it| length("defaultRetention", it))
            .transpose()?;
        let mut rules = Vec::new();
        let given = match told.get("policies") {
            None | Some(Value::Null) => &[][..],
            Some(Value::Array(given)) if given.len() <= MOST => given,
            Some(_) => {
                return Err(FieldFault::new(
                    "policies",
                    "must be an array of at most 64 policies",
                ));
            }
        };
        for rule in given {
            let text = |name: &str| rule[name].as_str().filter(|text| *text != "*").map(str::to_owned);
            let resource = text("resource").map(|it| it.strip_suffix('s').unwrap_or(&it).to_owned());
            let retention = rule.get("retention").unwrap_or(&Value::Null);
            rules.push((resource, text("action"), length("policies", retention)?));
        }
        Ok(Self { now, usual, rules })
    }

    /// Whether an entry of this word and age is shown: by the first rule about it, else by the usual length.
    pub fn shows(&self, word: Word, at: Timestamp) -> bool {
        let about = |(kind, verb, _): &&(Option<String>, Option<String>, SignedDuration)| {
            kind.as_ref().is_none_or(|kind| kind == word.kind)
                && verb
                    .as_ref()
                    .is_none_or(|verb| *verb == word.verb || *verb == word.long())
        };
        let rule = self.rules.iter().find(about).map(|(_, _, length)| *length);
        let length = rule.or(self.usual);
        length.is_none_or(|length| {
            at.checked_add(length).is_ok_and(|end| self.now < end) || at.checked_add(length).is_err()
        })
    }
}

/// What an account's entries are shown for.
pub async fn of_account(app: &App, organization: OrgId) -> Result<Shown, Error> {
    let found: Option<Kept<Retention>> = app.coffer.job_document(organization, KEY).await?;
    let now = app.coffer.clock().now();
    match found {
        None => Ok(Shown::everything()),
        Some(kept) => Shown::of(&kept.body.told, now)
            .map_err(|fault| Error::Internal(format!("a retention policy does not read: {}", fault.field))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_rule_about_an_entry_counts_and_else_the_usual_length() {
        let now: Timestamp = "2026-01-10T00:00:00Z".parse().unwrap();
        let told = json!({
            "defaultRetention": "7d",
            "policies": [{"resource": "secrets", "action": "accessed", "retention": "2d"}],
        });
        let shown = Shown::of(told.as_object().unwrap(), now).unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let word = |verb| Word { kind: "secret", verb };
        assert!(shown.shows(word("accessed"), at("2026-01-09T00:00:00Z")));
        assert!(!shown.shows(word("accessed"), at("2026-01-07T00:00:00Z")));
        assert!(shown.shows(word("updated"), at("2026-01-07T00:00:00Z")));
        assert!(!shown.shows(word("updated"), at("2026-01-01T00:00:00Z")));
        for told in [
            json!({"defaultRetention": "long"}),
            json!({"policies": [{}]}),
            json!({"policies": {}}),
        ] {
            assert!(Shown::of(told.as_object().unwrap(), now).is_err(), "{told}");
        }
    }
}
