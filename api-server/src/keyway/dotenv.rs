//! The text of a pull: `KEY=VALUE` lines, quoted so that the product's clients, which split at the first `=` and
//! strip one pair of outer quotes and nothing else, read back what was written.

use zeroize::Zeroizing;

/// Lines without a newline after the last.
pub fn write<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::new());
    for (key, value) in pairs {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(key);
        text.push('=');
        push_value(&mut text, value);
    }
    text
}

fn push_value(text: &mut String, value: &str) {
    let around = |text: &mut String, quote: char| {
        text.push(quote);
        text.push_str(value);
        text.push(quote);
    };
    let (double, single) = (value.contains('"'), value.contains('\''));
    if value.contains(['\r', '\n']) {
        push_lines(text, value);
    } else if double && !single {
        around(text, '\'');
    } else if single || value.contains('#') || value.contains(char::is_whitespace) {
        around(text, '"');
    } else {
        text.push_str(value);
    }
}

/// The clients read one line per pair: breaks are two characters, which they do not read back.
fn push_lines(text: &mut String, value: &str) {
    text.push('"');
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            other => text.push(other),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How the product's clients read a line.
    fn read(line: &str) -> (&str, &str) {
        let (key, value) = line.split_once('=').unwrap();
        let quoted = |quote| {
            let inner: Option<&str> = value
                .strip_prefix(quote)
                .and_then(|rest| rest.strip_suffix(quote));
            inner
        };
        let stripped = quoted('"').or_else(|| quoted('\''));
        (key, stripped.unwrap_or(value))
    }

    #[test]
    fn what_is_written_is_read_back() {
        for value in [
            "",
            "plain",
            "postgres://u:p@h/db",
            "it is",
            "say \"hi\"",
            "it's",
            "both ' and \"",
            "a=b#c",
            "\"quoted\"",
            "'quoted'",
            " lead",
            "tab\t",
        ] {
            let text = write([("K", value)]);
            assert_eq!(read(&text), ("K", value), "{}", *text);
        }
    }

    #[test]
    fn a_value_of_many_lines_takes_one() {
        let text = write([("A", "x\ny\"\r"), ("B", "")]);
        assert_eq!(*text, "A=\"x\\ny\\\"\\r\"\nB=");
    }
}
