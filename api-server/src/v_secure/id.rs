//! Ids as this door writes them: a prefix and the id's 32 hexadecimal digits, which sort in the order of making.

use std::str::FromStr;

/// Of a secret.
pub const SECRET: &str = "sec_";
/// Of an API key.
pub const KEY: &str = "key_";
/// Of an audit entry: its number, as 16 hexadecimal digits.
pub const LOG: &str = "log_";

/// Writes an id.
pub fn of(prefix: &str, id: impl std::fmt::Display) -> String {
    format!("{prefix}{}", id.to_string().replace('-', ""))
}

/// Reads one; `None` if it is none of this kind.
pub fn parse<T: FromStr>(prefix: &str, text: &str) -> Option<T> {
    let rest = text.strip_prefix(prefix)?;
    let plain = rest.len() == 32
        && rest
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'));
    plain.then(|| rest.parse().ok()).flatten()
}

/// The id of an audit entry.
pub fn of_log(sequence: u64) -> String {
    format!("{LOG}{sequence:016x}")
}

/// The number of an audit entry.
pub fn parse_log(text: &str) -> Option<u64> {
    let rest = text.strip_prefix(LOG)?;
    let plain = rest.len() == 16
        && rest
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'));
    plain.then(|| u64::from_str_radix(rest, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use coffer_domain::id::SecretId;

    use super::*;

    #[test]
    fn ids_read_back_and_others_are_none() {
        let id = SecretId::from_bytes([7; 16]);
        let text = of(SECRET, id);
        assert_eq!(text, format!("sec_{}", "07".repeat(16)));
        assert_eq!(parse::<SecretId>(SECRET, &text), Some(id));
        for text in [
            "",
            "sec_",
            "sec_123",
            "key_07070707070707070707070707070707",
            &text.to_uppercase(),
        ] {
            assert_eq!(parse::<SecretId>(SECRET, text), None, "{text}");
        }
        assert_eq!(parse_log(&of_log(255)), Some(255));
        assert_eq!(parse_log("log_nope"), None);
    }
}
