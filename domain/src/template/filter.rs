//! The filters: bytes in, bytes out. Their errors speak of the form of a value, never of its content.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use zeroize::{Zeroize, Zeroizing};

use super::MAX_OUTPUT_BYTES;
use super::buffer::{Buffer, TooLong};

/// The widest indentation.
const MAX_INDENT: usize = 64;

/// A filter, with its argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// A JSON string with its quotes (and so a YAML one).
    Json,
    /// Standard base64, padded.
    Base64,
    /// The bytes that standard base64 stands for.
    Base64Decode,
    /// Percent-encoded for any part of a URL (RFC 3986's unreserved characters stay).
    UrlEncode,
    /// A POSIX shell word in single quotes.
    Quote,
    /// Without white space at both ends.
    Trim,
    /// Every line but the first moved right by so many spaces.
    Indent(usize),
    /// A member of a JSON object.
    Field(String),
    /// Every member of a JSON object, by name, in this form.
    Each(String),
}

/// What a filter was given in `( )`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// Nothing.
    None,
    /// A string.
    Text(String),
    /// A whole number.
    Number(usize),
}

impl Filter {
    /// The filter called `name`, or what is wrong with the call.
    pub fn new(name: &str, argument: Argument) -> Result<Self, String> {
        match (name, argument) {
            ("json", Argument::None) => Ok(Self::Json),
            ("base64", Argument::None) => Ok(Self::Base64),
            ("base64decode", Argument::None) => Ok(Self::Base64Decode),
            ("urlencode", Argument::None) => Ok(Self::UrlEncode),
            ("quote", Argument::None) => Ok(Self::Quote),
            ("trim", Argument::None) => Ok(Self::Trim),
            ("indent", Argument::Number(width)) if width <= MAX_INDENT => Ok(Self::Indent(width)),
            ("indent", _) => Err(format!(
                "filter indent takes a number up to {MAX_INDENT}: indent(4)"
            )),
            ("field", Argument::Text(key)) => Ok(Self::Field(key)),
            ("field", _) => Err("filter field takes a string: field(\"password\")".to_owned()),
            ("each", Argument::Text(form)) => Ok(Self::Each(form)),
            ("each", _) => Err("filter each takes a string: each(\"{key}={value}\\n\")".to_owned()),
            ("json" | "base64" | "base64decode" | "urlencode" | "quote" | "trim", _) => {
                Err(format!("filter {name} takes no argument"))
            }
            _ => Err(format!(
                "unknown filter {name}: there are base64, base64decode, each, field, indent, json, quote, trim and urlencode"
            )),
        }
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Base64 => "base64",
            Self::Base64Decode => "base64decode",
            Self::UrlEncode => "urlencode",
            Self::Quote => "quote",
            Self::Trim => "trim",
            Self::Indent(_) => "indent",
            Self::Field(_) => "field",
            Self::Each(_) => "each",
        }
    }

    /// Applies it, or says what the value is not.
    pub fn apply(&self, input: &Buffer) -> Result<Buffer, String> {
        let bytes = input.bytes();
        match self {
            Self::Json => json(text(bytes)?),
            Self::Base64 => base64(bytes),
            Self::Base64Decode => base64_decode(bytes),
            Self::UrlEncode => each_byte(bytes, url_byte),
            Self::Quote => quote(text(bytes)?),
            Self::Trim => Ok(Buffer::of(text(bytes)?.trim().as_bytes())),
            Self::Indent(width) => indent(bytes, *width),
            Self::Field(key) => object(bytes, |members| member(members, key)),
            Self::Each(form) => object(bytes, |members| each(members, form)),
        }
    }
}

fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| "the value is not UTF-8 text".to_owned())
}

fn too_long(_: TooLong) -> String {
    format!("the result is over {MAX_OUTPUT_BYTES} bytes")
}

fn json(text: &str) -> Result<Buffer, String> {
    let mut output = Buffer::default();
    serde_json::to_writer(&mut output, text).map_err(|_| too_long(TooLong))?;
    Ok(output)
}

fn base64(bytes: &[u8]) -> Result<Buffer, String> {
    let mut encoded = Zeroizing::new(BASE64_STANDARD.encode(bytes).into_bytes());
    if encoded.len() > MAX_OUTPUT_BYTES {
        return Err(too_long(TooLong));
    }
    Ok(Zeroizing::new(std::mem::take(&mut *encoded)).into())
}

fn base64_decode(bytes: &[u8]) -> Result<Buffer, String> {
    // Line ends are common in encoded keys; everything else must be base64.
    let mut packed = Zeroizing::new(Vec::with_capacity(bytes.len()));
    packed.extend(bytes.iter().copied().filter(|b| !b.is_ascii_whitespace()));
    let decoded = BASE64_STANDARD
        .decode(packed.as_slice())
        .map_err(|_| "the value is not base64".to_owned())?;
    Ok(Zeroizing::new(decoded).into())
}

/// Writes what `encode` makes of each byte.
fn each_byte(bytes: &[u8], encode: fn(u8, &mut Buffer) -> Result<(), TooLong>) -> Result<Buffer, String> {
    let mut output = Buffer::default();
    bytes
        .iter()
        .try_for_each(|b| encode(*b, &mut output))
        .map_err(too_long)?;
    Ok(output)
}

fn url_byte(byte: u8, output: &mut Buffer) -> Result<(), TooLong> {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        return output.push(&[byte]);
    }
    output.push(&[b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]])
}

fn quote(text: &str) -> Result<Buffer, String> {
    if text.contains('\0') {
        return Err("the value contains a NUL byte, which no shell word can".to_owned());
    }
    let mut output = Buffer::default();
    let written = output.push(b"'").and_then(|()| {
        text.bytes().try_for_each(|b| {
            output.push(if b == b'\'' {
                b"'\\''"
            } else {
                std::slice::from_ref(&b)
            })
        })
    });
    written.and_then(|()| output.push(b"'")).map_err(too_long)?;
    Ok(output)
}

fn indent(bytes: &[u8], width: usize) -> Result<Buffer, String> {
    let mut output = Buffer::default();
    for (i, line) in bytes.split(|b| *b == b'\n').enumerate() {
        if i > 0 {
            output.push(b"\n").map_err(too_long)?;
            // No trailing spaces on empty lines.
            let spaces = if line.is_empty() { 0 } else { width };
            output.push(&[b' '; MAX_INDENT][..spaces]).map_err(too_long)?;
        }
        output.push(line).map_err(too_long)?;
    }
    Ok(output)
}

/// What `read` makes of a JSON object, which is wiped then.
fn object(
    bytes: &[u8],
    read: impl FnOnce(&serde_json::Map<String, Value>) -> Result<Buffer, String>,
) -> Result<Buffer, String> {
    let mut object: Value = serde_json::from_slice(bytes).map_err(|_| "the value is not JSON".to_owned())?;
    let found = match &object {
        Value::Object(members) => read(members),
        _ => Err("the value is not a JSON object".to_owned()),
    };
    wipe(&mut object);
    found
}

/// `form` once for each member, its `{key}` and `{value}` replaced.
fn each(members: &serde_json::Map<String, Value>, form: &str) -> Result<Buffer, String> {
    let mut names: Vec<&String> = members.keys().collect();
    names.sort_unstable();
    let mut output = Buffer::default();
    for name in names {
        let value = member(members, name)?;
        write_form(form, name, value.bytes(), &mut output).map_err(too_long)?;
    }
    Ok(output)
}

fn write_form(form: &str, key: &str, value: &[u8], output: &mut Buffer) -> Result<(), TooLong> {
    let mut rest = form;
    while let Some(at) = rest.find('{') {
        output.push(&rest.as_bytes()[..at])?;
        rest = &rest[at..];
        let (written, after): (&[u8], &str) = if let Some(after) = rest.strip_prefix("{key}") {
            (key.as_bytes(), after)
        } else if let Some(after) = rest.strip_prefix("{value}") {
            (value, after)
        } else {
            (b"{", &rest[1..])
        };
        output.push(written)?;
        rest = after;
    }
    output.push(rest.as_bytes())
}

fn member(members: &serde_json::Map<String, Value>, key: &str) -> Result<Buffer, String> {
    match members.get(key) {
        None => Err(format!("the JSON object has no member {key:?}")),
        Some(Value::Null) => Err(format!("the member {key:?} is null")),
        Some(Value::String(text)) => Ok(Buffer::of(text.as_bytes())),
        Some(other) => {
            let mut output = Buffer::default();
            serde_json::to_writer(&mut output, other).map_err(|_| too_long(TooLong))?;
            Ok(output)
        }
    }
}

/// Wipes every string of a JSON value.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
