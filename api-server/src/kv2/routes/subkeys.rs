//! `/v1/<mount>/subkeys/<path>`: the keys of a value, without what they hold.

use axum::{http::StatusCode, response::Response};
use coffer_domain::provider::store::shown;
use serde_json::Value;

use super::data::look;
use crate::kv2::{
    ask::Ask,
    envelope,
    error::Fault,
    input::number,
    model::{SubkeysOut, VersionOut},
};

/// The keys, as deep as the query says; 0: all the way.
pub async fn read(ask: Ask) -> Result<Response, Fault> {
    let query = ask.query();
    let wrong = || Fault::bad("depth must be a number");
    let depth = match query.text("depth").filter(|text| !text.is_empty()) {
        Some(text) => number(&Value::from(text)).ok_or_else(wrong)?,
        None => 0,
    };
    let looked = look(&ask).await?;
    let metadata = VersionOut::of(&looked.secret, &looked.meta);
    let (status, subkeys) = match &looked.value {
        Some(value) => (StatusCode::OK, Some(keys(shown(value).reveal(), depth, 1))),
        None => (StatusCode::NOT_FOUND, None),
    };
    let out = SubkeysOut { metadata, subkeys };
    Ok(envelope::with_status(status, &ask.context, out))
}

/// An object whose leaves hold nothing.
fn keys(value: &Value, depth: u64, level: u64) -> Value {
    match value {
        Value::Object(members) if !members.is_empty() && (depth == 0 || level <= depth) => {
            let below = |(name, value): (&String, &Value)| (name.clone(), keys(value, depth, level + 1));
            Value::Object(members.iter().map(below).collect())
        }
        Value::Object(_) if level == 1 => Value::Object(serde_json::Map::new()),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_show_and_values_do_not() {
        let value = json!({"a": "hunter2", "b": {"c": {"d": 1}, "e": [{"f": 1}]}, "g": {}});
        for (depth, expected) in [
            (
                0,
                json!({"a": null, "b": {"c": {"d": null}, "e": null}, "g": null}),
            ),
            (1, json!({"a": null, "b": null, "g": null})),
            (2, json!({"a": null, "b": {"c": null, "e": null}, "g": null})),
        ] {
            assert_eq!(keys(&value, depth, 1), expected, "{depth}");
        }
        assert_eq!(keys(&json!({}), 0, 1), json!({}));
    }
}
