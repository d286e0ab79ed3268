//! What a policy decision point may answer: `AuthZEN`'s `decision`, `allowed`, or a list of decisions; with obligations.

use serde_json::Value;

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decision {
    /// Whether it permits.
    pub permits: bool,
    /// Its id, if it has one.
    pub id: Option<String>,
    /// Of which policy.
    pub policy: Option<String>,
    /// Why, in the policy's words.
    pub reason: Option<String>,
    /// What kind of secret this is, by the policy.
    pub classification: Option<String>,
    /// How long it lasts, in seconds.
    pub lasts: Option<u64>,
    /// How often it is good.
    pub uses: Option<u64>,
}

/// Reads an answer; `None`: it is none. What does not permit in so many words denies.
pub fn read(answer: &Value) -> Option<Decision> {
    let single = answer["decision"]
        .as_bool()
        .or_else(|| answer["allowed"].as_bool());
    let listed = answer["decisions"].as_array();
    let permits = match (single, listed) {
        (Some(permits), _) => permits,
        (None, Some(list)) => !list.is_empty() && list.iter().all(|one| one["effect"] == "Permit"),
        (None, None) => return None,
    };
    let text = |name: &str| {
        let found = answer.get(name).or_else(|| answer["context"].get(name))?;
        found.as_str().map(str::to_owned)
    };
    let mut decision = Decision {
        permits,
        id: text("decision_id"),
        policy: text("policy_version"),
        reason: text("reason"),
        ..Decision::default()
    };
    decision.oblige(&answer["obligations"]);
    for one in listed.into_iter().flatten() {
        decision.oblige(&one["obligations"]);
    }
    Some(decision)
}

impl Decision {
    /// Takes on obligations: an object of them by name, or a list of such objects or of `{"id","value","mandatory"}`.
    fn oblige(&mut self, obligations: &Value) {
        match obligations {
            Value::Object(named) => {
                for (name, value) in named {
                    self.take(name, value, false);
                }
            }
            Value::Array(list) => {
                for one in list {
                    let id = one["id"].as_str().or_else(|| one["type"].as_str());
                    match id {
                        Some(id) => self.take(id, &one["value"], one["mandatory"] == true),
                        None => self.oblige(one),
                    }
                }
            }
            Value::Null => {}
            _ => self.permits = false,
        }
    }

    fn take(&mut self, name: &str, value: &Value, mandatory: bool) {
        let least = |old: Option<u64>, new: u64| Some(old.map_or(new, |old| old.min(new)));
        match (name, value.as_u64()) {
            ("ttl_s" | "ttl_seconds", Some(seconds)) => self.lasts = least(self.lasts, seconds),
            ("max_uses", Some(uses)) => self.uses = least(self.uses, uses),
            ("classification", _) => self.classification = value.as_str().map(str::to_owned),
            // What must be looked at again on an event that is not heard here is looked at each time.
            ("must_revalidate_on", _) => self.uses = Some(1),
            // Values cannot be wrapped here, so that what must be wrapped is not given out.
            ("ttl_s" | "ttl_seconds" | "max_uses" | "wrap_ttl", _) => self.permits = false,
            _ if mandatory => self.permits = false,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_says_so_permits() {
        for (answer, permits) in [
            (json!({"decision": true}), Some(true)),
            (json!({"decision": false}), Some(false)),
            (json!({"allowed": true, "constraints": []}), Some(true)),
            (json!({"decisions": [{"effect": "Permit"}]}), Some(true)),
            (
                json!({"decisions": [{"effect": "Permit"}, {"effect": "Deny"}]}),
                Some(false),
            ),
            (json!({"decisions": []}), Some(false)),
            (
                json!({"decision": true, "obligations": [{"id": "ask", "mandatory": true}]}),
                Some(false),
            ),
            (
                json!({"decision": true, "obligations": [{"id": "hint"}]}),
                Some(true),
            ),
            (
                json!({"decision": true, "obligations": {"wrap_ttl": "60s"}}),
                Some(false),
            ),
            (
                json!({"decision": true, "obligations": {"max_uses": "many"}}),
                Some(false),
            ),
            (json!({"decision": "true"}), None),
            (json!({}), None),
            (json!([true]), None),
        ] {
            assert_eq!(
                read(&answer).map(|decision| decision.permits),
                permits,
                "{answer}"
            );
        }
    }

    #[test]
    fn obligations_are_read_in_every_form() {
        let object = json!({"decision": true, "obligations": {"ttl_s": 60, "max_uses": 5}});
        let list =
            json!({"allowed": true, "obligations": [{"ttl_seconds": 60}, {"id": "max_uses", "value": 5}]});
        let batch = json!({
            "decisions": [
                {"effect": "Permit", "obligations": {"ttl_s": 60, "max_uses": 9}},
                {"effect": "Permit", "obligations": {"ttl_s": 300, "max_uses": 5}},
            ],
            "decision_id": "d1", "policy_version": "v7",
        });
        for answer in [object, list, batch.clone()] {
            let decision = read(&answer).unwrap();
            assert_eq!((decision.lasts, decision.uses), (Some(60), Some(5)), "{answer}");
        }
        let decision = read(&batch).unwrap();
        assert_eq!(
            (decision.id.as_deref(), decision.policy.as_deref()),
            (Some("d1"), Some("v7"))
        );
        let nested = json!({"decision": false, "context": {"decision_id": "d2", "reason": "no"}});
        let decision = read(&nested).unwrap();
        assert_eq!(
            (decision.id.as_deref(), decision.reason.as_deref()),
            (Some("d2"), Some("no"))
        );
    }
}
