//! What an env file can carry (`valueFrom.fileKeyRef`, KEP-3721, as kubelet 1.36 parses it): lines
//! `NAME='value'`, everything between the quotes literal. One file is written per variable, because one
//! bad line would make every key of its file unreadable.

use thiserror::Error;

use crate::secret_value::SecretValue;

/// The longest line kubelet reads, in bytes, its newline included (Go's `bufio.Scanner` limit).
pub const MAX_LINE_BYTES: usize = 64 * 1024;

/// Why a value does not fit an env file. None of these says anything of the value but its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unfit {
    /// There is no escape for a single quote.
    #[error("it contains a single quote")]
    SingleQuote,
    /// kubelet takes an empty value for a missing key.
    #[error("it is empty")]
    Empty,
    /// kubelet drops a carriage return before a newline.
    #[error("it contains a carriage return before a newline (CRLF)")]
    CarriageReturn,
    /// kubelet gives up on a longer line.
    #[error("one of its lines, with the variable's name, is over 64 KiB")]
    LongLine,
    /// kubelet hands variables to the container runtime as protobuf strings (UTF-8), which hands them to
    /// `execve` (no NUL).
    #[error("it is not UTF-8 text, or contains a NUL byte")]
    NotText,
}

/// The ways out of every [`Unfit`], for messages.
pub const WAYS_OUT: &str =
    "change the value, deliver it as a file (coffer.dev/file.<name>), or use coffer.dev/mode: exec";

/// Checks that an env file carries `value` unaltered under variable `name`.
pub fn check(name: &str, value: &SecretValue) -> Result<(), Unfit> {
    let text = std::str::from_utf8(value.reveal()).map_err(|_| Unfit::NotText)?;
    if text.is_empty() {
        return Err(Unfit::Empty);
    }
    if text.contains('\0') {
        return Err(Unfit::NotText);
    }
    if text.contains('\'') {
        return Err(Unfit::SingleQuote);
    }
    // One at the very end is safe: the closing quote stands between it and the line's end.
    if text.contains("\r\n") {
        return Err(Unfit::CarriageReturn);
    }
    if longest_line(name, text) > MAX_LINE_BYTES {
        return Err(Unfit::LongLine);
    }
    Ok(())
}

/// The longest line of the rendered file, its newline included.
fn longest_line(name: &str, text: &str) -> usize {
    let before = name.len() + "='".len();
    let mut lines: Vec<usize> = text.split('\n').map(|line| line.len() + 1).collect();
    if let Some(first) = lines.first_mut() {
        *first += before;
    }
    if let Some(last) = lines.last_mut() {
        *last += "'".len();
    }
    lines.into_iter().max().unwrap_or(0)
}

/// Renders the file of one variable. Only for values that passed [`check`].
pub fn render(name: &str, value: &SecretValue) -> SecretValue {
    let mut line = Vec::with_capacity(name.len() + value.len() + 4);
    line.extend_from_slice(name.as_bytes());
    line.extend_from_slice(b"='");
    line.extend_from_slice(value.reveal());
    line.extend_from_slice(b"'\n");
    SecretValue::new(line)
}

/// Whether `name` can be a variable (POSIX; what every shell and kubelet accept).
pub fn is_variable_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests;
