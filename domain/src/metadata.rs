//! What there is to say of a secret besides its value: what kind of thing it is, for whom, and when it may be
//! used. Not secret itself: lists show it.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Error, succession::Succession};

/// The most tags, and the most attributes.
pub const MAX_ENTRIES: usize = 64;

/// The largest JSON object that is kept with a secret, in bytes.
pub const MAX_DOCUMENT: usize = 16 * 1024;

/// The longest tag, content type, attribute name, in characters.
pub const MAX_WORD: usize = 255;

/// The longest description or attribute, in characters.
pub const MAX_TEXT: usize = 4096;

/// What kind of thing a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Any value.
    #[default]
    Value,
    /// A cryptographic key.
    Key,
    /// An X.509 certificate, perhaps with its private key.
    Certificate,
}

impl Kind {
    /// What one is called: `secret`, `key`, `certificate`.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Value => "secret",
            Self::Key => "key",
            Self::Certificate => "certificate",
        }
    }
}

/// What there is to say of a secret. The default says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Metadata {
    /// What kind of thing it is.
    pub kind: Kind,
    /// A media type, such as `text/plain`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// For finding it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// A disabled one cannot be read, and looks as if it were not there.
    pub enabled: bool,
    /// Before this it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// From this on it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Whether it keeps its first value for ever.
    pub immutable: bool,
    /// Whether those who hold its own token may read it.
    pub public: bool,
    /// Facts of its kind, such as the size of a key. Never anything secret.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// Whatever else a client keeps with it: a JSON object of at most [`MAX_DOCUMENT`] bytes.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub document: Map<String, Value>,
    /// How often its owner means to change its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotation: Option<RotationPolicy>,
    /// Which of its versions are kept, and what a write must say, if not as usual.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
    /// How the version before gives way to the current one, if that waits for the consumers. Written by what manages
    /// the secret, and by nobody else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub succession: Option<Succession>,
}

/// Which versions of a secret are kept, and what a write of a map must say. The default: all, and nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Retention {
    /// How many versions are kept, at whatever door the next one is written; 0: all.
    pub most: u64,
    /// The first version that is still kept; 0: from the first on.
    pub oldest: u64,
    /// Whether whoever writes it as a map must say which version they have seen.
    pub cas_required: bool,
}

impl Retention {
    /// After a write of version `latest`, and the versions that are then too many.
    pub fn after(self, latest: u64) -> (Self, Range<u64>) {
        let oldest = match self.most {
            0 => self.oldest,
            most => self.oldest.max((latest + 1).saturating_sub(most)),
        };
        // The first version is 1: as long as that is kept, nothing was dropped.
        let oldest = if oldest == 1 { 0 } else { oldest };
        (Self { oldest, ..self }, self.oldest.max(1)..oldest.max(1))
    }
}

/// How often the owner of a secret means to change its value; what is meant, and nothing that Coffer does by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RotationPolicy {
    /// Whether it counts now.
    pub enabled: bool,
    /// How long a value is meant to be used, as the client wrote it: `90d`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    /// How long before that somebody wants to hear of it, as the client wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify_before: Option<String>,
}

impl Default for Metadata {
    fn default() -> Self {
        Self {
            kind: Kind::Value,
            content_type: None,
            description: None,
            tags: Vec::new(),
            enabled: true,
            not_before: None,
            expires_at: None,
            immutable: false,
            public: false,
            attributes: BTreeMap::new(),
            document: Map::new(),
            rotation: None,
            retention: None,
            succession: None,
        }
    }
}

/// Why a secret cannot be read now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Somebody switched it off.
    Disabled,
    /// Its time begins then.
    NotYetActive(Timestamp),
    /// Its time ended then.
    Expired(Timestamp),
}

impl Metadata {
    /// Whether it can be read at `now`. Of several reasons, the first to say is that it is disabled.
    pub fn usable(&self, now: Timestamp) -> Result<(), Why> {
        if !self.enabled {
            return Err(Why::Disabled);
        }
        if let Some(end) = self.expires_at.filter(|end| *end <= now) {
            return Err(Why::Expired(end));
        }
        self.not_before
            .filter(|start| now < *start)
            .map_or(Ok(()), |start| Err(Why::NotYetActive(start)))
    }

    /// Whether its texts are of bearable size and number.
    pub fn check(&self) -> Result<(), Error> {
        let fits = |field: &str, text: &str, most: usize| {
            if text.chars().count() <= most && !text.chars().any(|c| c == '\0') {
                Ok(())
            } else {
                Err(Error::invalid(
                    field,
                    format!("must not exceed {most} characters, nor hold NUL"),
                ))
            }
        };
        if self.tags.len() > MAX_ENTRIES || self.attributes.len() > MAX_ENTRIES {
            return Err(Error::invalid(
                "tags",
                format!("there are at most {MAX_ENTRIES} tags"),
            ));
        }
        fits(
            "contentType",
            self.content_type.as_deref().unwrap_or_default(),
            MAX_WORD,
        )?;
        fits(
            "description",
            self.description.as_deref().unwrap_or_default(),
            MAX_TEXT,
        )?;
        // A map that was parsed always serializes.
        if serde_json::to_vec(&self.document).map_or(0, |bytes| bytes.len()) > MAX_DOCUMENT {
            let rule = format!("must not exceed {MAX_DOCUMENT} bytes as JSON");
            return Err(Error::invalid("metadata", rule));
        }
        for tag in &self.tags {
            fits("tags", tag, MAX_WORD)?;
        }
        for (name, text) in &self.attributes {
            fits("attributes", name, MAX_WORD)?;
            fits("attributes", text, MAX_TEXT)?;
        }
        Ok(())
    }

    /// What `said` says, with this succession.
    pub fn with_succession(said: Option<Arc<Self>>, succession: Option<Succession>) -> Option<Arc<Self>> {
        if said.as_ref().and_then(|said| said.succession) == succession {
            return said;
        }
        let said = said.as_deref().cloned().unwrap_or_default();
        Self { succession, ..said }.kept()
    }

    /// As a secret's row keeps it: nothing for the default.
    pub fn kept(self) -> Option<Arc<Self>> {
        (self != Self::default()).then(|| Arc::new(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_and_the_times_decide_in_this_order() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let metadata = |enabled, start: Option<i64>, end: Option<i64>| Metadata {
            enabled,
            not_before: start.map(at),
            expires_at: end.map(at),
            ..Metadata::default()
        };
        for (enabled, start, end, expected) in [
            (true, None, None, Ok(())),
            (true, Some(10), Some(11), Ok(())),
            (true, Some(11), None, Err(Why::NotYetActive(at(11)))),
            (true, None, Some(10), Err(Why::Expired(at(10)))),
            (true, Some(20), Some(5), Err(Why::Expired(at(5)))),
            (false, Some(20), Some(5), Err(Why::Disabled)),
        ] {
            assert_eq!(metadata(enabled, start, end).usable(at(10)), expected);
        }
    }

    #[test]
    fn versions_beyond_the_most_go_with_the_write_that_is_one_too_many() {
        let kept = |most, oldest| Retention {
            most,
            oldest,
            cas_required: false,
        };
        for (before, latest, after, dropped) in [
            (kept(0, 0), 100, 0, 1..1),
            (kept(3, 0), 3, 0, 1..1),
            (kept(3, 0), 4, 2, 1..2),
            (kept(3, 2), 5, 3, 2..3),
            (kept(2, 0), 10, 9, 1..9),
            (kept(9, 9), 11, 9, 9..9),
            (kept(0, 4), 9, 4, 4..4),
        ] {
            let (then, gone) = before.after(latest);
            assert_eq!((then.oldest, gone), (after, dropped), "{before:?}");
        }
    }

    #[test]
    fn texts_beyond_bearing_are_refused() {
        let tags = |tags| Metadata {
            tags,
            ..Metadata::default()
        };
        assert!(tags(vec!["x".repeat(255); 64]).check().is_ok());
        assert!(tags(vec!["x".repeat(256)]).check().is_err());
        assert!(tags(vec!["x".into(); 65]).check().is_err());
        assert!(tags(vec!["a\0b".into()]).check().is_err());
    }

    #[test]
    fn only_what_says_something_is_kept_and_reads_back() {
        assert_eq!(Metadata::default().kept(), None);
        let metadata = Metadata {
            kind: Kind::Key,
            immutable: true,
            ..Metadata::default()
        };
        let json = serde_json::to_string(&metadata).unwrap();
        assert_eq!(serde_json::from_str::<Metadata>(&json).unwrap(), metadata);
        assert_eq!(
            serde_json::from_str::<Metadata>("{}").unwrap(),
            Metadata::default()
        );
    }
}
