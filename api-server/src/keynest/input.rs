//! Bodies: JSON or a form, read field by field. All faults of all fields are told at once, none with what was sent.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::{HeaderMap, header::CONTENT_TYPE},
};
use coffer_domain::secret_value::SecretValue;
use serde_json::{Map, Value};
use zeroize::Zeroize;

use super::{
    error::{Failure, Faults, SEVERAL},
    rules::REQUIRED,
};
use crate::{
    app::App,
    http::body::{self, LARGEST},
};

/// A body that is read once the rights are known.
pub struct Unread {
    /// What the request's headers say.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
}

impl FromRequest<Arc<App>> for Unread {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &Arc<App>) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let headers = parts.headers;
        Ok(Self { headers, body })
    }
}

/// What kind of body a request says it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// JSON.
    Json,
    /// `application/x-www-form-urlencoded`.
    Urlencoded,
    /// `multipart/form-data` with this boundary.
    Multipart(String),
}

impl Form {
    /// `None`: one that this door does not read.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let Some(kind) = headers.get(CONTENT_TYPE) else {
            return Some(Self::Json);
        };
        let text = kind.to_str().ok()?;
        let essence = text.split(';').next().unwrap_or_default().trim();
        match essence.to_ascii_lowercase().as_str() {
            "application/json" => Some(Self::Json),
            "application/x-www-form-urlencoded" => Some(Self::Urlencoded),
            "multipart/form-data" => multer::parse_boundary(text).ok().map(Self::Multipart),
            _ => None,
        }
    }
}

impl Unread {
    /// The fields of a JSON object or a form; an empty body has none.
    pub async fn fields(self) -> Result<Input, Failure> {
        let form = Form::of(&self.headers);
        let bytes = body::bytes(&self.headers, self.body, LARGEST).await?;
        if bytes.is_empty() {
            return Ok(Input::default());
        }
        match form {
            Some(Form::Json) => Input::of_json(&bytes),
            Some(Form::Urlencoded) => Ok(Input::of_form(&bytes)),
            Some(Form::Multipart(boundary)) => super::upload::fields(bytes, boundary).await,
            None => Err(Failure::unsupported()),
        }
    }
}

/// The fields of a body, and what was found wrong with them so far.
#[derive(Default)]
pub struct Input {
    fields: Map<String, Value>,
    faults: Faults,
}

impl Drop for Input {
    /// Whatever was not taken may be a secret.
    fn drop(&mut self) {
        for (_, value) in &mut self.fields {
            if let Value::String(text) = value {
                text.zeroize();
            }
        }
    }
}

/// A text, trimmed, of a field that can be made empty: not mentioned, null, or this.
pub type Optional = Option<Option<String>>;

impl Input {
    /// Of a JSON object.
    pub fn of_json(bytes: &[u8]) -> Result<Self, Failure> {
        match body::parse(bytes)? {
            Value::Object(fields) => Ok(Self {
                fields,
                faults: Faults::new(),
            }),
            _ => Err(Failure::field(SEVERAL, "Invalid data. Expected a JSON object.")),
        }
    }

    /// Of a form; the last of several fields of one name counts.
    pub fn of_form(bytes: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(bytes);
        Self::of_pairs(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())))
    }

    /// Of names and texts.
    pub fn of_pairs(pairs: impl Iterator<Item = (String, String)>) -> Self {
        Self {
            fields: pairs.map(|(name, text)| (name, Value::String(text))).collect(),
            faults: Faults::new(),
        }
    }

    /// Notes what is wrong with a field.
    pub fn fault(&mut self, field: &str, fault: &str) {
        self.faults
            .entry(field.to_owned())
            .or_default()
            .push(fault.to_owned());
    }

    /// Notes it if something is.
    pub fn check(&mut self, field: &str, fault: Option<&str>) {
        if let Some(fault) = fault {
            self.fault(field, fault);
        }
    }

    /// Ends with all that was found wrong, if anything was.
    pub fn done(&self) -> Result<(), Failure> {
        if self.faults.is_empty() {
            Ok(())
        } else {
            Err(Failure::invalid(&self.faults))
        }
    }

    /// Whether a field was sent at all, null included.
    pub fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// A text as it was sent; numbers are taken as their text, null is a fault.
    pub fn verbatim(&mut self, name: &str) -> Option<String> {
        match self.fields.remove(name)? {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            Value::Null => {
                self.fault(name, "This field may not be null.");
                None
            }
            _ => {
                self.fault(name, "Not a valid string.");
                None
            }
        }
    }

    /// A trimmed text that is not blank, if it was sent.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let text = self.verbatim(name)?;
        let text = text.trim();
        if text.is_empty() {
            self.fault(name, "This field may not be blank.");
            return None;
        }
        if text.contains('\0') {
            self.fault(name, "Null characters are not allowed.");
            return None;
        }
        Some(text.to_owned())
    }

    /// The same, which must have been sent if `must`.
    pub fn text_if(&mut self, name: &str, must: bool) -> Option<String> {
        self.require(name, must);
        self.text(name)
    }

    fn require(&mut self, name: &str, must: bool) {
        if must && !self.has(name) {
            self.fault(name, REQUIRED);
        }
    }

    /// A text that must have been sent.
    pub fn required(&mut self, name: &str) -> Option<String> {
        self.text_if(name, true)
    }

    /// A password, not trimmed, that must have been sent.
    pub fn password(&mut self, name: &str) -> Option<String> {
        self.require(name, true);
        let text = self.verbatim(name)?;
        if text.is_empty() {
            self.fault(name, "This field may not be blank.");
            return None;
        }
        Some(text)
    }

    /// A secret value as it was sent, of at most `longest` characters.
    pub fn secret(&mut self, name: &str, longest: usize) -> Option<SecretValue> {
        let text = self.verbatim(name)?;
        if text.chars().count() > longest {
            self.fault(
                name,
                &format!("Ensure this field has no more than {longest} characters."),
            );
            return None;
        }
        Some(SecretValue::from(text))
    }

    /// A text that may be blank or null, of at most `longest` characters.
    pub fn optional(&mut self, name: &str, longest: usize) -> Optional {
        if self.fields.get(name)? == &Value::Null {
            self.fields.remove(name);
            return Some(None);
        }
        let text = self.verbatim(name)?;
        if text.chars().count() > longest {
            self.fault(
                name,
                &format!("Ensure this field has no more than {longest} characters."),
            );
            return None;
        }
        if text.contains('\0') {
            self.fault(name, "Null characters are not allowed.");
            return None;
        }
        Some(Some(text.trim().to_owned()))
    }

    /// A number of a thing, which must have been sent if `must`.
    pub fn number(&mut self, name: &str, must: bool) -> Option<u64> {
        self.require(name, must);
        let found = self.fields.remove(name)?;
        let number = match &found {
            Value::Number(number) => number.as_u64(),
            Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
            _ => None,
        };
        if number.is_none() {
            self.fault(name, "A valid integer is required.");
        }
        number
    }

    /// One of a few words, if it was sent.
    pub fn choice<T>(&mut self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(name)?;
        let found = parse(&text);
        if found.is_none() {
            self.fault(name, "Not a valid choice.");
        }
        found
    }

    /// A truth value, however it is written.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        let found = self.fields.remove(name)?;
        let text = match &found {
            Value::Bool(flag) => return Some(*flag),
            Value::String(text) => text.trim().to_ascii_lowercase(),
            Value::Number(number) => number.to_string(),
            _ => String::from("?"),
        };
        match text.as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" | "" => Some(false),
            _ => {
                self.fault(name, "Must be a valid boolean.");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;

    fn input(json: &str) -> Input {
        Input::of_json(json.as_bytes()).unwrap_or_default()
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let mut input = input(r#"{"a": null, "b": {}, "n": "x", "c": " "}"#);
        assert_eq!(input.required("a"), None);
        assert_eq!(input.required("b"), None);
        assert_eq!(input.required("c"), None);
        assert_eq!(input.required("d"), None);
        assert_eq!(input.number("n", true), None);
        assert_eq!(input.faults.len(), 5);
        assert_eq!(input.faults["d"], ["This field is required."]);
        assert_eq!(input.done().unwrap_err().into_response().status(), 400);
    }

    #[test]
    fn truth_is_written_in_many_ways() {
        for (text, expected) in [
            ("true", Some(true)),
            ("\"1\"", Some(true)),
            ("1", Some(true)),
            ("\"yes\"", Some(true)),
            ("\"ON\"", Some(true)),
            ("false", Some(false)),
            ("\"false\"", Some(false)),
            ("\"0\"", Some(false)),
            ("\"\"", Some(false)),
            ("\"maybe\"", None),
            ("[]", None),
        ] {
            let mut input = input(&format!(r#"{{"f": {text}}}"#));
            assert_eq!(input.flag("f"), expected, "{text}");
            assert_eq!(input.done().is_err(), expected.is_none(), "{text}");
        }
        assert_eq!(input("{}").flag("f"), None);
    }

    #[test]
    fn values_are_kept_as_they_were_sent() {
        let mut input = input(r#"{"a": "  x ", "b": 12, "c": ""}"#);
        assert_eq!(input.secret("a", 10), Some("  x ".into()));
        assert_eq!(input.secret("b", 10), Some("12".into()));
        assert_eq!(input.secret("c", 10), Some("".into()));
        assert_eq!(input.secret("d", 10), None);
        assert!(input.done().is_ok());
    }
}
