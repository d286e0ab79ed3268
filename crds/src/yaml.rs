//! Writes a JSON value as YAML in block style: the same bytes for the same value, and pleasant in a review.
//! Text that could be read as anything but text is quoted, in JSON's notation, which YAML shares.

use std::fmt::Write;

use serde_json::Value;

/// One document, newline at the end.
pub fn document(value: &Value) -> String {
    let mut out = String::new();
    block(&mut out, value, 0);
    out
}

/// A value that starts on a line of its own, indented by `depth` spaces.
fn block(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            // Sorted here, since serde_json's own order depends on a feature that any crate may switch on.
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            for (key, child) in entries {
                let _ = write!(out, "{:depth$}{}:", "", text(key));
                after_key(out, child, depth);
            }
        }
        Value::Array(items) if !items.is_empty() => items.iter().for_each(|item| list_item(out, item, depth)),
        scalar => {
            let _ = writeln!(out, "{:depth$}{}", "", inline(scalar));
        }
    }
}

/// What follows `key:`.
fn after_key(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            block(out, value, depth + 2);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            block(out, value, depth);
        }
        Value::String(lines) if is_literal(lines) => {
            out.push_str(" |-\n");
            for line in lines.lines() {
                let indent = if line.is_empty() { 0 } else { depth + 2 };
                let _ = writeln!(out, "{:indent$}{line}", "");
            }
        }
        scalar => {
            let _ = writeln!(out, " {}", inline(scalar));
        }
    }
}

/// `- ` and an item whose further lines are indented by two more.
fn list_item(out: &mut String, item: &Value, depth: usize) {
    let mut lines = String::new();
    block(&mut lines, item, depth + 2);
    let _ = write!(out, "{:depth$}- {}", "", &lines[depth + 2..]);
}

/// A scalar or an empty collection.
fn inline(value: &Value) -> String {
    match value {
        Value::String(content) => text(content),
        other => other.to_string(),
    }
}

fn text(content: &str) -> String {
    if is_plain(content) {
        content.to_owned()
    } else {
        Value::from(content).to_string()
    }
}

/// Whether lines can stand as they are under `|-`.
fn is_literal(content: &str) -> bool {
    content.contains('\n')
        && !content.starts_with([' ', '\n'])
        && !content.ends_with(['\n', ' '])
        && content.chars().all(|c| c == '\n' || !c.is_control())
}

/// Whether text can stand without quotes: narrower than YAML allows, so that there is nothing to know.
fn is_plain(content: &str) -> bool {
    const READ_AS_OTHER: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    content.starts_with(|c: char| c.is_ascii_alphabetic())
        && !content.ends_with([' ', ':'])
        && content
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || " -_./()$".contains(c))
        && !content.contains(" -")
        && !READ_AS_OTHER.contains(&content.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn shapes_are_written_as_people_write_them() {
        let value = json!({
            "a": { "b": [1, { "c": "x", "d": [] }, ["p", "q"]], "e": {} },
            "lines": "one\n\ntwo",
            "nothing": null,
        });
        let expected = "a:\n  b:\n  - 1\n  - c: x\n    d: []\n  - - p\n    - q\n  e: {}\nlines: |-\n  one\n\n  two\nnothing: null\n";
        assert_eq!(document(&value), expected);
    }

    #[test]
    fn what_is_not_plainly_text_is_quoted() {
        for (content, expected) in [
            ("plain text", "plain text"),
            ("true", "\"true\""),
            ("No", "\"No\""),
            ("1.5", "\"1.5\""),
            ("", "\"\""),
            ("a: b", "\"a: b\""),
            ("a #b", "\"a #b\""),
            ("say \"x\"", "\"say \\\"x\\\"\""),
            (".spec", "\".spec\""),
            ("*", "\"*\""),
        ] {
            assert_eq!(text(content), expected);
        }
    }
}
