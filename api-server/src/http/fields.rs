//! A JSON object read field by field, leniently: fields that nobody asks for are ignored, and a fault names the
//! field and the rule, never what was sent.

use coffer_domain::secret_value::SecretValue;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::time;

/// A field that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// Which.
    pub field: String,
    /// What it must be.
    pub reason: String,
}

impl FieldFault {
    /// `field` is not as `reason` says.
    pub fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            reason: reason.into(),
        }
    }
}

/// What a body says of something that can also be taken away: nothing, or a new value, or null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Said<T> {
    /// It is not mentioned.
    #[default]
    Nothing,
    /// What it is to be from now on.
    This(Option<T>),
}

impl<T: Clone> Said<T> {
    /// What it is after `before`.
    pub fn after(&self, before: Option<T>) -> Option<T> {
        match self {
            Self::Nothing => before,
            Self::This(now) => now.clone(),
        }
    }
}

/// How a field that must be there and is not reads.
pub const MISSING: &str = "Missing required field";

/// The object.
#[derive(Debug, Default)]
pub struct Fields(Map<String, Value>);

impl Fields {
    /// Takes a body; anything but an object is a fault of `body`.
    pub fn of(body: Value) -> Result<Self, FieldFault> {
        match body {
            Value::Object(fields) => Ok(Self(fields)),
            _ => Err(FieldFault::new("body", "must be a JSON object")),
        }
    }

    /// Whether `name` was sent at all, null included.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The names of all that was sent.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whatever stands there.
    pub fn any(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// A text; null is absence.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, FieldFault> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(FieldFault::new(name, "must be a string")),
        }
    }

    /// A text that must be there.
    pub fn required(&mut self, name: &str) -> Result<String, FieldFault> {
        self.text(name)?.ok_or_else(|| FieldFault::new(name, MISSING))
    }

    /// A text of 1 to `longest` characters once trimmed, without control characters, that must be there.
    pub fn label(&mut self, name: &str, longest: usize) -> Result<String, FieldFault> {
        let text = self.required(name)?;
        let text = text.trim();
        if text.is_empty() {
            return Err(FieldFault::new(name, MISSING));
        }
        if text.chars().count() > longest || text.chars().any(char::is_control) {
            let rule = format!("must be 1 to {longest} characters, none of them a control character");
            return Err(FieldFault::new(name, rule));
        }
        Ok(text.to_owned())
    }

    /// A secret text.
    pub fn secret(&mut self, name: &str) -> Result<Option<SecretValue>, FieldFault> {
        Ok(self.text(name)?.map(SecretValue::from))
    }

    /// A truth value.
    pub fn flag(&mut self, name: &str) -> Result<Option<bool>, FieldFault> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(_) => Err(FieldFault::new(name, "must be true or false")),
        }
    }

    /// A whole number.
    pub fn number(&mut self, name: &str) -> Result<Option<u64>, FieldFault> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(number) => number
                .as_u64()
                .map(Some)
                .ok_or_else(|| FieldFault::new(name, "must be a whole number")),
        }
    }

    /// A moment.
    pub fn moment(&mut self, name: &str) -> Result<Said<Timestamp>, FieldFault> {
        let wrong = || {
            FieldFault::new(
                name,
                "must be an RFC 3339 time such as 2024-01-15T10:30:00Z, or null",
            )
        };
        match self.0.remove(name) {
            None => Ok(Said::Nothing),
            Some(Value::Null) => Ok(Said::This(None)),
            Some(Value::String(text)) => time::parse(&text)
                .map(|at| Said::This(Some(at)))
                .ok_or_else(wrong),
            Some(_) => Err(wrong()),
        }
    }

    /// A list of texts.
    pub fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>, FieldFault> {
        let wrong = || FieldFault::new(name, "must be an array of strings");
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(items)) => {
                let text = |item: Value| match item {
                    Value::String(text) => Ok(text),
                    _ => Err(wrong()),
                };
                items.into_iter().map(text).collect::<Result<_, _>>().map(Some)
            }
            Some(_) => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(body: Value) -> Fields {
        Fields::of(body).unwrap()
    }

    #[test]
    fn what_is_missing_or_blank_is_named() {
        for body in [json!({}), json!({"name": null}), json!({"name": "  "})] {
            assert_eq!(
                fields(body).label("name", 255),
                Err(FieldFault::new("name", MISSING))
            );
        }
        assert_eq!(fields(json!({"name": " a "})).label("name", 255), Ok("a".into()));
        assert!(fields(json!({"name": "a\u{0}"})).label("name", 255).is_err());
        assert!(fields(json!({"name": "aaa"})).label("name", 2).is_err());
    }

    #[test]
    fn the_wrong_kind_is_named_and_not_repeated() {
        let body = json!({"a": {"hunter2": 1}});
        let faults = [
            fields(body.clone()).text("a").unwrap_err(),
            fields(body.clone()).flag("a").unwrap_err(),
            fields(body.clone()).number("a").unwrap_err(),
            fields(body.clone()).moment("a").unwrap_err(),
            fields(body).texts("a").unwrap_err(),
        ];
        for fault in faults {
            assert!(
                fault.field == "a" && !fault.reason.contains("hunter2"),
                "{fault:?}"
            );
        }
        assert!(Fields::of(json!([1])).is_err());
    }

    #[test]
    fn null_is_absence_but_for_moments() {
        let mut body = fields(json!({"at": null, "text": null, "list": null}));
        assert_eq!(body.moment("at"), Ok(Said::This(None)));
        assert_eq!(body.moment("never"), Ok(Said::Nothing));
        assert_eq!(body.text("text"), Ok(None));
        assert_eq!(body.texts("list"), Ok(None));
    }
}
