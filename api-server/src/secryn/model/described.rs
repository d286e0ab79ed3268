//! What bodies say of a thing besides its value: tags, dates, switches.

use coffer_domain::metadata::Metadata;
use jiff::Timestamp;

use crate::http::fields::{FieldFault, Fields, Said};

/// The longest tag, in characters, and the most of them.
const LONGEST_TAG: usize = 255;
const MOST_TAGS: usize = 64;

/// The fields that describe a thing, as far as a body has them.
#[derive(Debug, Default, Clone)]
pub struct Described {
    content_type: Option<String>,
    tags: Option<Vec<String>>,
    description: Said<String>,
    enabled: Option<bool>,
    activation: Said<Timestamp>,
    expiration: Said<Timestamp>,
}

impl Described {
    /// Those of a secret.
    pub fn of_secret(fields: &mut Fields) -> Result<Self, FieldFault> {
        let described = fields.has("description");
        let description = short(fields, "description", 4096)?;
        Ok(Self {
            content_type: short(fields, "content_type", 255)?,
            description: if described {
                Said::This(description)
            } else {
                Said::Nothing
            },
            ..Self::of_file(fields)?
        })
    }

    /// Those of a key or certificate.
    pub fn of_file(fields: &mut Fields) -> Result<Self, FieldFault> {
        Ok(Self {
            tags: tags(fields)?,
            enabled: fields.flag("enabled")?,
            activation: fields.moment("activation_date")?,
            expiration: fields.moment("expiration_date")?,
            ..Self::default()
        })
    }

    /// When it begins, if the body says so.
    pub fn activation(&self) -> Option<Timestamp> {
        self.activation.after(None)
    }

    /// When it ends, if the body says so.
    pub fn expiration(&self) -> Option<Timestamp> {
        self.expiration.after(None)
    }

    /// `metadata` with what the body says.
    pub fn over(&self, metadata: Metadata) -> Metadata {
        Metadata {
            content_type: self.content_type.clone().or(metadata.content_type),
            tags: self.tags.clone().unwrap_or(metadata.tags),
            description: self.description.after(metadata.description),
            enabled: self.enabled.unwrap_or(metadata.enabled),
            not_before: self.activation.after(metadata.not_before),
            expires_at: self.expiration.after(metadata.expires_at),
            ..metadata
        }
    }
}

fn short(fields: &mut Fields, name: &str, longest: usize) -> Result<Option<String>, FieldFault> {
    let text = fields.text(name)?;
    match &text {
        Some(text) if text.chars().count() > longest || text.contains('\0') => {
            let rule = format!("must not exceed {longest} characters, nor hold NUL");
            Err(FieldFault::new(name, rule))
        }
        _ => Ok(text),
    }
}

fn tags(fields: &mut Fields) -> Result<Option<Vec<String>>, FieldFault> {
    let tags = fields.texts("tags")?;
    let bad = |tag: &String| tag.chars().count() > LONGEST_TAG || tag.chars().any(char::is_control);
    match &tags {
        Some(tags) if tags.len() > MOST_TAGS || tags.iter().any(bad) => {
            let rule = format!("must be at most {MOST_TAGS} texts of up to {LONGEST_TAG} characters");
            Err(FieldFault::new("tags", rule))
        }
        _ => Ok(tags),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(body: serde_json::Value) -> Result<Described, FieldFault> {
        Described::of_secret(&mut Fields::of(body).unwrap())
    }

    #[test]
    fn what_is_sent_replaces_and_what_is_not_stays() {
        let before =
            of(json!({"tags": ["a"], "description": "d", "expiration_date": "2030-01-01T00:00:00Z"}))
                .unwrap()
                .over(Metadata::default());
        let same = of(json!({})).unwrap().over(before.clone());
        assert_eq!(same, before);
        let after = of(json!({"tags": [], "description": null, "expiration_date": null, "enabled": false}))
            .unwrap()
            .over(before);
        let expected = Metadata {
            enabled: false,
            ..Metadata::default()
        };
        assert_eq!(after, expected);
    }

    #[test]
    fn what_is_too_much_is_named() {
        for (body, field) in [
            (json!({"tags": ["x".repeat(256)]}), "tags"),
            (json!({"tags": vec!["x"; 65]}), "tags"),
            (json!({"content_type": "x".repeat(256)}), "content_type"),
            (json!({"description": "a\u{0}"}), "description"),
            (json!({"activation_date": "soon"}), "activation_date"),
        ] {
            assert_eq!(of(body).unwrap_err().field, field);
        }
    }
}
