//! What may be said of a JSON body that does not parse: where, and which field, never what it held.

use serde_json::error::Category;

/// The longest unknown field name that is repeated to its sender.
const LONGEST_NAME: usize = 40;

/// What is wrong with a body.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field; `body` where none is known.
    pub field: String,
    /// A phrase for people.
    pub message: String,
}

/// Describes an error of serde's without its input.
pub fn describe(error: &serde_json::Error) -> Fault {
    let (field, message) = parts(error);
    Fault { field, message }
}

fn parts(error: &serde_json::Error) -> (String, String) {
    let at = format!("line {}, column {}", error.line(), error.column());
    match error.classify() {
        Category::Data => data_fault(&error.to_string(), &at),
        Category::Syntax | Category::Eof => ("body".into(), format!("is not valid JSON ({at})")),
        Category::Io => ("body".into(), "could not be read".into()),
    }
}

/// serde's own messages quote the input; only the parts that come from our types are kept.
fn data_fault(message: &str, at: &str) -> (String, String) {
    if let Some(field) = quoted_after(message, "missing field `") {
        return (field.to_owned(), "is missing".into());
    }
    if let Some(field) = quoted_after(message, "duplicate field `") {
        return (field.to_owned(), "is given twice".into());
    }
    let expected = message
        .rsplit_once(", expected ")
        .map(|(_, rest)| before_position(rest));
    if let Some(field) = quoted_after(message, "unknown field `") {
        let known = expected.unwrap_or("none");
        return (
            shown(field),
            format!("is not a field here ({at}); known: {known}"),
        );
    }
    match expected {
        Some(expected) => (
            "body".into(),
            format!("has a value of the wrong kind at {at}; expected {expected}"),
        ),
        None => ("body".into(), format!("has a value that is not valid at {at}")),
    }
}

fn quoted_after<'a>(message: &'a str, start: &str) -> Option<&'a str> {
    message.strip_prefix(start)?.split_once('`').map(|(name, _)| name)
}

fn before_position(text: &str) -> &str {
    text.rsplit_once(" at line ").map_or(text, |(before, _)| before)
}

/// A field's name is repeated only where it looks like one.
fn shown(field: &str) -> String {
    let plain = field.len() <= LONGEST_NAME && field.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if plain && !field.is_empty() {
        field.to_owned()
    } else {
        "a field".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its errors are looked at")]
    struct Body {
        value: String,
        count: Option<u64>,
    }

    fn fault(text: &str) -> String {
        let fault = describe(&serde_json::from_str::<Body>(text).unwrap_err());
        format!("{}: {}", fault.field, fault.message)
    }

    #[test]
    fn faults_name_the_field() {
        assert_eq!(fault("{}"), "value: is missing");
        assert_eq!(fault(r#"{"value":"a","value":"b"}"#), "value: is given twice");
        assert!(fault(r#"{"valeu":"a"}"#).starts_with("valeu: is not a field here"));
        assert!(fault(r#"{"valeu":"a"}"#).ends_with("known: `value` or `count`"));
    }

    #[test]
    fn nothing_of_the_input_is_repeated() {
        for text in [
            r#""hunter2""#,
            r#"{"value":"a","count":"hunter2"}"#,
            r#"{"value":"a","count":"hunter2, expected x"}"#,
            r#"{"value":{"hunter2":1}}"#,
            r#"{"hunter2 with spaces":1}"#,
            r#"{"value":"hunter2"#,
            "hunter2",
            r#"["hunter2"]"#,
        ] {
            assert!(!fault(text).contains("hunter2"), "{}", fault(text));
        }
    }
}
