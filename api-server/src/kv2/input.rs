//! What requests say in their bodies: JSON whatever its declared type, numbers also as text, as clients send them.

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
};
use coffer_domain::{address::Version, secret_json::SecretJson};
use serde_json::Value;

use super::error::Fault;
use crate::http::body;

/// A body that is an object; an empty one, and `null`, are one without members. It may hold a value.
pub struct Input(SecretJson);

impl<S: Sync> FromRequest<S> for Input {
    type Rejection = Fault;

    async fn from_request(request: Request, _: &S) -> Result<Self, Fault> {
        let (parts, body) = request.into_parts();
        Self::read(&parts.headers, body).await
    }
}

impl Input {
    async fn read(headers: &HeaderMap, body: Body) -> Result<Self, Fault> {
        let tree = SecretJson::new(body::tree(headers, body).await?);
        match tree.reveal() {
            Value::Null => Ok(Self(SecretJson::new(Value::Object(serde_json::Map::new())))),
            Value::Object(_) => Ok(Self(tree)),
            _ => Err(Fault::bad(
                "failed to parse JSON input: the body must be an object",
            )),
        }
    }

    /// All of it.
    pub fn all(&self) -> &Value {
        self.0.reveal()
    }

    /// A member, unless it is null.
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.raw(name).filter(|value| !value.is_null())
    }

    /// A member, null too.
    pub fn raw(&self, name: &str) -> Option<&Value> {
        self.0.members()?.get(name)
    }

    /// A text that must be there.
    pub fn text(&self, name: &str) -> Result<&str, Fault> {
        let text = self.member(name).and_then(Value::as_str).unwrap_or_default();
        if text.is_empty() {
            return Err(Fault::bad(format!("missing {name}")));
        }
        Ok(text)
    }

    /// A whole number from 0.
    pub fn number(&self, name: &str) -> Result<Option<u64>, Fault> {
        let wrong = || Fault::bad(format!("{name} must be a whole number from 0"));
        let read = |value: &Value| number(value).ok_or_else(wrong);
        self.member(name).map(read).transpose()
    }

    /// A switch.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Fault> {
        let wrong = || Fault::bad(format!("{name} must be true or false"));
        let read = |value: &Value| match value {
            Value::Bool(flag) => Ok(*flag),
            Value::String(text) => go_bool(text).ok_or_else(wrong),
            _ => Err(wrong()),
        };
        self.member(name).map(read).transpose()
    }

    /// The versions that it names: numbers, also as text, in a list or between commas.
    pub fn versions(&self) -> Result<Vec<Version>, Fault> {
        let wrong = || Fault::bad("versions must be numbers of versions");
        let one = |value: &Value| number(value).and_then(Version::new).ok_or_else(wrong);
        match self.member("versions") {
            None => Ok(Vec::new()),
            Some(Value::Array(all)) => all.iter().map(one).collect(),
            Some(Value::String(text)) => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                parts.map(|part| one(&Value::from(part))).collect()
            }
            Some(other) => Ok(vec![one(other)?]),
        }
    }
}

/// A whole number from 0, also as text.
pub fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        _ => None,
    }
}

/// Whether a text is true, as Go reads that.
pub fn go_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// How many seconds a length of time is: a number, or text such as `90`, `1h`, `1m30s`.
pub fn seconds(value: &Value) -> Option<i64> {
    if let Some(number) = number(value) {
        return i64::try_from(number).ok();
    }
    let text = value.as_str()?;
    let (mut total, mut digits) = (0_i64, String::new());
    for c in text.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        let unit = match c {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return None,
        };
        let count: i64 = digits.parse().ok()?;
        total = total.checked_add(count.checked_mul(unit)?)?;
        digits.clear();
    }
    (digits.is_empty() && !text.is_empty()).then_some(total)
}

/// Refuses a patch that is not said to be a merge patch (RFC 7396).
pub fn require_patch(headers: &HeaderMap) -> Result<(), Fault> {
    let said = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = said.unwrap_or_default().split(';').next().unwrap_or_default();
    if kind.trim().eq_ignore_ascii_case("application/merge-patch+json") {
        return Ok(());
    }
    Err(Fault::Said(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "PATCH requires Content-Type of application/merge-patch+json".to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn versions(value: &Value) -> Option<Vec<u64>> {
        let input = Input(SecretJson::new(json!({ "versions": value })));
        let read = input.versions().ok()?;
        Some(read.iter().map(|version| version.get()).collect())
    }

    #[test]
    fn versions_come_as_numbers_texts_and_lists() {
        for (value, expected) in [
            (json!([1, 2]), Some(vec![1, 2])),
            (json!(["1", "2"]), Some(vec![1, 2])),
            (json!("1,2"), Some(vec![1, 2])),
            (json!(3), Some(vec![3])),
            (json!([]), Some(vec![])),
            (json!(null), Some(vec![])),
            (json!([0]), None),
            (json!([-1]), None),
            (json!(["x"]), None),
            (json!({}), None),
        ] {
            assert_eq!(versions(&value), expected, "{value}");
        }
    }

    #[test]
    fn lengths_of_time_come_as_seconds_or_with_units() {
        for (value, expected) in [
            (json!(60), Some(60)),
            (json!("60"), Some(60)),
            (json!("1h"), Some(3600)),
            (json!("1m30s"), Some(90)),
            (json!("0s"), Some(0)),
            (json!("1x"), None),
            (json!("h"), None),
            (json!(""), None),
            (json!("1h2"), None),
            (json!(-1), None),
            (json!("99999999999999999999h"), None),
        ] {
            assert_eq!(seconds(&value), expected, "{value}");
        }
    }
}
