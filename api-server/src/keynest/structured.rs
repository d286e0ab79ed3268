//! JSON and YAML: one object of names and scalars.

use std::fmt::{self, Write};

use coffer_domain::{name::SecretName, secret_value::SecretValue};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;
use zeroize::Zeroizing;

use super::rules::{LONGEST_VALUE, imported_key};

/// Names and scalars in the order in which they came.
struct Pairs(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

/// Names and values, in the order in which the names came; of several values of one name, the last. Else what is
/// wrong, in sentences that repeat no value.
pub fn read(language: Language, text: &str) -> Result<Vec<(SecretName, SecretValue)>, Vec<String>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Pairs(pairs) = match language {
        // serde's own words may quote what was sent.
        Language::Json => serde_json::from_str(text)
            .map_err(|error| vec![format!("Invalid JSON object (line {}).", error.line())])?,
        Language::Yaml if text.trim().is_empty() => Pairs(Vec::new()),
        Language::Yaml => {
            serde_saphyr::from_str(text).map_err(|_| vec!["Invalid YAML mapping.".to_owned()])?
        }
    };
    let (mut values, mut wrong): (Vec<(SecretName, SecretValue)>, Vec<String>) = (Vec::new(), Vec::new());
    for (at, (key, value)) in pairs.into_iter().enumerate() {
        let text = scalar(value);
        if let Some(why) = imported_key(&key) {
            wrong.push(format!("Entry {}: {why}.", at + 1));
        } else if text.chars().count() > LONGEST_VALUE {
            wrong.push(format!("{key}: value is longer than {LONGEST_VALUE} characters."));
        } else if let Ok(name) = SecretName::new(key) {
            let value = SecretValue::from(text.as_str());
            match values.iter_mut().find(|(known, _)| *known == name) {
                Some(known) => known.1 = value,
                None => values.push((name, value)),
            }
        }
    }
    if wrong.is_empty() { Ok(values) } else { Err(wrong) }
}

fn scalar(value: Value) -> Zeroizing<String> {
    Zeroizing::new(match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => other.to_string(),
    })
}

/// A JSON object in this order, indented by two spaces.
pub fn write_json<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::from("{"));
    for (at, (key, value)) in pairs.into_iter().enumerate() {
        text.push_str(if at == 0 { "\n  " } else { ",\n  " });
        push_json(&mut text, key);
        text.push_str(": ");
        push_json(&mut text, value);
    }
    let end = if text.len() == 1 { "}\n" } else { "\n}\n" };
    text.push_str(end);
    text
}

fn push_json(text: &mut String, value: &str) {
    // A string always serializes.
    let quoted = Zeroizing::new(serde_json::to_string(value).unwrap_or_default());
    text.push_str(&quoted);
}

/// A block mapping, sorted by name.
pub fn write_yaml<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Zeroizing<String> {
    let mut pairs: Vec<_> = pairs.into_iter().collect();
    pairs.sort_by_key(|(key, _)| *key);
    if pairs.is_empty() {
        return Zeroizing::new("{}\n".to_owned());
    }
    let mut text = Zeroizing::new(String::new());
    for (key, value) in pairs {
        push_yaml(&mut text, key);
        text.push_str(": ");
        push_yaml(&mut text, value);
        text.push('\n');
    }
    text
}

/// Plain where no reader takes it for anything but a text, else double-quoted.
fn push_yaml(text: &mut String, value: &str) {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '@' | '-' | ':');
    let starts = value.starts_with(|first: char| first.is_ascii_alphabetic());
    if starts && value.chars().all(word) && !value.ends_with(':') && !means_something(value) {
        text.push_str(value);
        return;
    }
    text.push('"');
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' => {
                text.push(c);
            }
            other => push_escaped(text, other),
        }
    }
    text.push('"');
}

fn push_escaped(text: &mut String, c: char) {
    let number = u32::from(c);
    // Writing into a string never fails.
    let _ = if number > 0xffff {
        write!(text, "\\U{number:08x}")
    } else {
        write!(text, "\\u{number:04x}")
    };
}

fn means_something(value: &str) -> bool {
    let words = [
        "true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf", "infinity",
    ];
    words.contains(&value.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(language: Language, text: &str) -> Result<Vec<(String, String)>, Vec<String>> {
        let values = read(language, text)?;
        let text = |value: &SecretValue| String::from_utf8(value.reveal().to_vec()).unwrap();
        Ok(values
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect())
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn scalars_become_their_text() {
        let expected = vec![
            pair("S", "x"),
            pair("N", "12"),
            pair("T", "true"),
            pair("E", ""),
            pair("O", r#"{"a":[1]}"#),
        ];
        let json = r#"{"S": "x", "N": 12, "T": true, "E": null, "O": {"a": [1]}}"#;
        assert_eq!(texts(Language::Json, json), Ok(expected.clone()));
        let yaml = "S: x\nN: 12\nT: true\nE:\nO: {a: [1]}\n";
        assert_eq!(texts(Language::Yaml, yaml), Ok(expected));
    }

    #[test]
    fn what_is_no_object_of_good_names_is_refused_without_being_repeated() {
        for (language, text) in [
            (Language::Json, "hunter2"),
            (Language::Json, "[\"hunter2\"]"),
            (Language::Json, "{\"hunter2 x\": 1}"),
            (Language::Yaml, "- hunter2"),
            (Language::Yaml, "just hunter2"),
            (Language::Yaml, "a: [hunter2"),
            (Language::Yaml, "1x: hunter2"),
        ] {
            let wrong = read(language, text).unwrap_err();
            assert!(!format!("{wrong:?}").contains("hunter2"), "{wrong:?}");
        }
    }

    #[test]
    fn words_that_mean_something_are_quoted() {
        let yaml = write_yaml([
            ("B", "false"),
            ("A", "1"),
            ("U", "postgresql://localhost/db"),
            ("E", ""),
        ]);
        assert_eq!(
            *yaml,
            "A: \"1\"\nB: \"false\"\nE: \"\"\nU: postgresql://localhost/db\n"
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            pairs in proptest::collection::btree_map(
                "[A-Za-z_][A-Za-z0-9_]{0,8}",
                "(?s).{0,30}|[\"'\\\\\n\r\t #:{}-]{0,9}|true|no|1e3|0x1|~|null|a: b",
                0..8,
            )
        ) {
            let all: Vec<_> = pairs.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
            let shown = || pairs.iter().map(|(key, value)| (key.as_str(), value.as_str()));
            prop_assert_eq!(texts(Language::Json, &write_json(shown())), Ok(all.clone()));
            prop_assert_eq!(texts(Language::Yaml, &write_yaml(shown())), Ok(all), "{}", *write_yaml(shown()));
        }
    }
}
