//! Env files, written and read. What is written is read back byte for byte. What others wrote is read line by line:
//! a line that is none is told by its number, and every other one counts.

use coffer_domain::{name::SecretName, secret_value::SecretValue};
use zeroize::Zeroizing;

use super::rules::{LONGEST_VALUE, imported_key};

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// Its number, from 1.
    pub line: usize,
    /// The key, where there is one.
    pub key: String,
    /// What is wrong; nothing of the value is in it.
    pub why: &'static str,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Lines {
    /// Names and values, in the order in which the names came; of several values of one name, the last.
    pub values: Vec<(SecretName, SecretValue)>,
    /// What was not read.
    pub bad: Vec<BadLine>,
}

/// One `KEY=value` line with its newline.
pub fn write(text: &mut Zeroizing<String>, key: &str, value: &str) {
    text.push_str(key);
    text.push('=');
    if is_plain(value) {
        text.push_str(value);
    } else {
        text.push('"');
        for c in value.chars() {
            match c {
                '\\' => text.push_str("\\\\"),
                '"' => text.push_str("\\\""),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                other => text.push(other),
            }
        }
        text.push('"');
    }
    text.push('\n');
}

fn is_plain(value: &str) -> bool {
    let special =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '\\' | '#' | '\u{feff}');
    !value.contains(special)
}

/// Reads a file.
pub fn read(text: &str) -> Lines {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines: Vec<&str> = text.split('\n').collect();
    let mut found = Lines::default();
    let mut places = std::collections::HashMap::new();
    let mut at = 0;
    while at < lines.len() {
        let (line, number) = (lines[at].trim(), at + 1);
        at += 1;
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut bad = |key: &str, why| {
            let key = if key.is_empty() {
                format!("line {number}")
            } else {
                key.to_owned()
            };
            found.bad.push(BadLine {
                line: number,
                key,
                why,
            });
        };
        let Some((key, rest)) = line.split_once('=') else {
            bad("", "there is no '=' in this line");
            continue;
        };
        let key = exported(key.trim());
        let why = if key.is_empty() {
            Some("there is no key before '='")
        } else {
            imported_key(key)
        };
        let name = SecretName::new(key).ok().filter(|_| why.is_none());
        let whole = lines[number - 1].split_once('=').map_or(rest, |(_, rest)| rest);
        let Some(value) = value_of(whole, &lines[at..]) else {
            bad(&shown(key), "the quote is never closed");
            continue;
        };
        let (value, more) = value;
        at += more;
        let Some(name) = name else {
            bad(&shown(key), why.unwrap_or("key is not one that can be kept"));
            continue;
        };
        if value.chars().count() > LONGEST_VALUE {
            bad(key, "value is longer than 10000 characters");
            continue;
        }
        let value = SecretValue::from(value.as_str());
        if let Some(&place) = places.get(&name) {
            found.values[place] = (name, value);
        } else {
            places.insert(name.clone(), found.values.len());
            found.values.push((name, value));
        }
    }
    found
}

/// A key that is told, if it is short enough to be one.
fn shown(key: &str) -> String {
    let plain = key.len() <= 64 && key.bytes().all(|byte| byte.is_ascii_graphic());
    if plain { key.to_owned() } else { String::new() }
}

/// Without a leading `export`.
fn exported(key: &str) -> &str {
    match key.strip_prefix("export") {
        Some(rest) if rest.starts_with([' ', '\t']) => rest.trim_start(),
        _ => key,
    }
}

/// The value that starts with `first`, and how many of the lines that follow belong to it; `None`: its quote is
/// never closed.
fn value_of(whole: &str, rest: &[&str]) -> Option<(Zeroizing<String>, usize)> {
    let first = whole.trim();
    let Some(quote) = first.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        return Some((Zeroizing::new(first.to_owned()), 0));
    };
    let inner = &first[1..];
    if let Some(body) = inner
        .strip_suffix(quote)
        .filter(|body| !ends_escaped(body, quote))
    {
        return Some((undone(body, quote), 0));
    }
    if let Some(end) = closing(inner, quote) {
        let after = inner[end + 1..].trim_start();
        let value = if after.starts_with('#') {
            undone(&inner[..end], quote)
        } else {
            Zeroizing::new(first.to_owned())
        };
        return Some((value, 0));
    }
    // What ends a line of a longer value is part of it.
    let inner = whole
        .trim_start()
        .strip_suffix('\r')
        .unwrap_or(whole.trim_start());
    let mut body = Zeroizing::new(inner[1..].to_owned());
    for (more, line) in rest.iter().enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        body.push('\n');
        let Some(end) = closing(line, quote) else {
            body.push_str(line);
            continue;
        };
        let after = line[end + 1..].trim_start();
        // Another value's quote: this one's was never closed.
        if !after.is_empty() && !after.starts_with('#') {
            return None;
        }
        body.push_str(&line[..end]);
        return Some((undone(&body, quote), more + 1));
    }
    None
}

/// Whether a quote behind `body` would be an escaped one. In single quotes a backslash at the very end is itself.
fn ends_escaped(body: &str, quote: char) -> bool {
    let slashes = body.bytes().rev().take_while(|&byte| byte == b'\\').count();
    quote == '"' && slashes % 2 == 1
}

/// Where the first quote is that is not escaped.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(at),
            _ => {}
        }
    }
    None
}

/// What stands between quotes, escapes undone: line breaks and tabs in double quotes only.
fn undone(body: &str, quote: char) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(body.len()));
    let mut chars = body.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some(c @ ('"' | '\'' | '\\')) => text.push(c),
            Some('n') if quote == '"' => text.push('\n'),
            Some('r') if quote == '"' => text.push('\r'),
            Some('t') if quote == '"' => text.push('\t'),
            Some(other) => text.extend(['\\', other]),
            None => text.push('\\'),
        }
    }
    text
}

#[cfg(test)]
#[path = "dotenv_tests.rs"]
mod tests;
