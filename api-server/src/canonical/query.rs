//! Query strings as this door reads them: a `+` stays a `+` in a URI, which arrives as it is or percent-encoded whole.

use coffer_domain::canonical_uri::{CanonicalUri, Reading, UriFault, UriPrefix};

use super::error::Failure;

/// The parameters of a request, undecoded, each at most once. Those that nobody asks for do not count.
#[derive(Debug)]
pub struct Query<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Query<'a> {
    /// Reads a query string.
    pub fn read(query: Option<&'a str>) -> Result<Self, Failure> {
        let pairs = query
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty());
        let pairs: Vec<_> = pairs
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .collect();
        let mut names: Vec<_> = pairs.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(UriFault::AmbiguousQuery.into());
        }
        Ok(Self(pairs))
    }

    fn raw(&self, name: &str) -> Option<&'a str> {
        self.0
            .iter()
            .find(|(found, _)| *found == name)
            .map(|(_, value)| *value)
    }

    /// A parameter that is a URI or a part of one, decoded once.
    pub fn uri_text(&self, name: &str) -> Result<Option<String>, Failure> {
        let Some(raw) = self.raw(name) else {
            return Ok(None);
        };
        let has_slash = raw
            .as_bytes()
            .windows(3)
            .any(|it| it.eq_ignore_ascii_case(b"%2f"));
        if raw.contains("://") && has_slash {
            return Err(UriFault::IllegalSegment.into());
        }
        let text = decoded(raw).ok_or(UriFault::IllegalSegment)?;
        Ok(Some(text.trim_ascii().to_owned()))
    }

    /// The parameter `uri`, with `version` and `key` beside it.
    pub fn uri(&self, reading: Reading) -> Result<CanonicalUri, Failure> {
        let text = self
            .uri_text("uri")?
            .ok_or_else(|| Failure::invalid("uri", "is missing"))?;
        let mut uri = CanonicalUri::parse(&text, reading)?;
        if let Some(version) = self.raw("version") {
            uri = uri.pinned(version)?;
        }
        if let Some(key) = self.text("key")? {
            uri = uri.narrowed(&key)?;
        }
        Ok(uri)
    }

    /// The parameter `prefix` as a URI.
    pub fn prefix(&self, reading: Reading) -> Result<Option<UriPrefix>, Failure> {
        let text = self.uri_text("prefix")?;
        Ok(text.map(|text| UriPrefix::parse(&text, reading)).transpose()?)
    }

    /// A parameter as plain text, in which `+` is a space.
    pub fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        let Some(raw) = self.raw(name) else {
            return Ok(None);
        };
        let text = decoded(&raw.replace('+', " "));
        text.map(Some)
            .ok_or_else(|| Failure::invalid(name, "must be UTF-8 text once percent-decoded"))
    }

    /// A whole number.
    pub fn number(&self, name: &'static str) -> Result<Option<u64>, Failure> {
        let read = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let number = digits.then(|| text.parse().ok()).flatten();
            number.ok_or_else(|| Failure::invalid(name, "must be a whole number"))
        };
        self.raw(name).map(read).transpose()
    }

    /// A switch.
    pub fn flag(&self, name: &'static str) -> Result<bool, Failure> {
        match self.raw(name) {
            None | Some("false" | "0") => Ok(false),
            Some("true" | "1") => Ok(true),
            Some(_) => Err(Failure::invalid(name, "must be true or false")),
        }
    }
}

/// Percent-decodes UTF-8 text, once; `None`: it is none.
pub fn decoded(raw: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        let mut byte = [0];
        hex::decode_to_slice(digits, &mut byte).ok()?;
        bytes.push(byte[0]);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(query: &str) -> Result<String, &'static str> {
        let read = Query::read(Some(query)).and_then(|query| query.uri(Reading::Strict));
        read.map(|uri| uri.to_string()).map_err(|failure| failure.code())
    }

    #[test]
    fn a_uri_arrives_as_it_is_or_encoded() {
        for (query, expected) in [
            (
                "uri=openbao+kv2://secret/app/test",
                "openbao+kv2://secret/app/test",
            ),
            (
                "uri=openbao+kv2://secret/app/api?version=3",
                "openbao+kv2://secret/app/api?version=3",
            ),
            (
                "uri=openbao%2bkv2%3a%2f%2fsecret%2fapp%2ftest%23value",
                "openbao+kv2://secret/app/test#value",
            ),
            (
                "uri=yaml://secret/env%23A&version=2",
                "yaml://secret/env#A?version=2",
            ),
            ("uri=yaml://secret/env&key=A+B", "yaml://secret/env#A%20B"),
            (
                "uri=yaml://secret/env%23A?version=2&version=2",
                "yaml://secret/env#A?version=2",
            ),
            ("uri=%20yaml://secret/env%09", "yaml://secret/env"),
        ] {
            assert_eq!(uri(query).as_deref(), Ok(expected), "{query}");
        }
    }

    #[test]
    fn what_means_two_things_or_nothing_is_refused() {
        for (query, code) in [
            ("", "INVALID_REQUEST"),
            ("uri=a&uri=b", "AMBIGUOUS_QUERY"),
            ("uri=yaml://secret/a%2Fb", "ILLEGAL_SEGMENT"),
            ("uri=yaml%3A%2F%2Fsecret%2Fa%252Fb", "ILLEGAL_SEGMENT"),
            ("uri=yaml://secret/%ff", "ILLEGAL_SEGMENT"),
            ("uri=yaml://secret/%4", "ILLEGAL_SEGMENT"),
            ("uri=yaml://secret/a%23k?version=3&version=2", "AMBIGUOUS_QUERY"),
            ("uri=yaml://secret/a%23k&key=b", "AMBIGUOUS_QUERY"),
            ("uri=yaml://secret/a&version=x", "INVALID_VERSION"),
        ] {
            assert_eq!(uri(query), Err(code), "{query}");
        }
    }
}
