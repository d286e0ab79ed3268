//! Writes a mapping as YAML: block mappings, everything else as JSON, which YAML is a superset of.

use serde_json::{Map, Value};

/// The text of a mapping.
pub(super) fn emit(members: &Map<String, Value>) -> String {
    let mut text = String::new();
    block(&mut text, members, 0);
    text
}

fn block(text: &mut String, members: &Map<String, Value>, depth: usize) {
    for (key, value) in members {
        text.extend(std::iter::repeat_n("  ", depth));
        text.push_str(&quoted(key));
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                text.push_str(":\n");
                block(text, inner, depth + 1);
            }
            other => {
                text.push_str(": ");
                flow(text, other);
                text.push('\n');
            }
        }
    }
}

/// JSON, with what YAML does not print escaped: such characters are in texts alone.
fn flow(text: &mut String, value: &Value) {
    for character in value.to_string().chars() {
        match character {
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                text.push_str("\\u");
                text.push_str(&hex::encode(
                    u16::try_from(u32::from(character))
                        .unwrap_or(0xfffd)
                        .to_be_bytes(),
                ));
            }
            other => text.push(other),
        }
    }
}

/// A key as it is where that can mean nothing else, else quoted.
fn quoted(key: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let starts = key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let means_more = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    if starts && key.bytes().all(plain) && !means_more.contains(&key.to_ascii_lowercase().as_str()) {
        key.to_owned()
    } else {
        let mut text = String::new();
        flow(&mut text, &Value::from(key));
        text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::file::parse, *};

    #[test]
    fn what_is_written_reads_back() {
        let whole = json!({
            "secret": {
                "env": {"A": "plain", "yes": "a\nb: c", "1": 1, "a b": true, "n": null, "x": [1, {"k": "v"}], "empty": {}},
                "odd": {"t": "true", "num": "12", "f": 1.5, "tab": "\t\"'#", "é": "\u{1f600} \u{7f} \u{85} \u{2028}"},
            },
        });
        let text = emit(whole.as_object().unwrap());
        let read = parse(&text).unwrap();
        assert_eq!(read.root().reveal(), &whole, "{text}");
    }

    #[test]
    fn a_hand_written_file_is_read() {
        let text = "secret: # mount\n  env: &e\n    A: abc123\n    N: 5\n    B: yes\n  other: *e\n";
        let read = parse(text).unwrap();
        let root = read.root().reveal();
        assert_eq!(root["secret"]["env"]["A"], "abc123");
        assert_eq!(root["secret"]["other"], root["secret"]["env"]);
        assert!(parse("").unwrap().root().members().unwrap().is_empty());
        assert!(parse("- a\n").is_err());
        assert!(parse("a: [").is_err());
    }
}
