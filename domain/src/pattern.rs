//! Name patterns with `*`, for grants.

use serde::{Deserialize, Serialize};

/// A pattern over names: every character stands for itself, but `*` for any run of characters, `/` included.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pattern(String);

impl Pattern {
    /// The pattern that matches everything.
    pub fn any() -> Self {
        Self("*".to_owned())
    }

    /// `text` as a pattern; any text is one.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `name` matches, in time proportional to the product of their lengths at worst.
    pub fn matches(&self, name: &str) -> bool {
        glob(self.0.as_bytes(), name.as_bytes())
    }

    /// Whether everything that `other` matches surely matches here too. Errs to `false`.
    pub fn covers(&self, other: &Self) -> bool {
        // With `*` read as a plain byte of the name, only our own `*` can match it.
        self == other || glob(self.0.as_bytes(), other.0.as_bytes())
    }
}

/// Greedy match with one point to fall back to: no recursion, no blow-up.
fn glob(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut fallback: Option<(usize, usize)> = None;
    while n < name.len() {
        if pattern.get(p) == Some(&b'*') {
            fallback = Some((p, n));
            p += 1;
        } else if pattern.get(p) == name.get(n) {
            p += 1;
            n += 1;
        } else if let Some((star, from)) = fallback {
            fallback = Some((star, from + 1));
            p = star + 1;
            n = from + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn star_stands_for_any_run() {
        for (pattern, name, expected) in [
            ("*", "", true),
            ("*", "app/api", true),
            ("app/*", "app/api", true),
            ("app/*", "apple", false),
            ("*_URL", "DATABASE_URL", true),
            ("*_URL", "DATABASE_URLS", false),
            ("a*b*c", "aXXbYYc", true),
            ("a*b*c", "aXXbYY", false),
            ("KEY", "KEY", true),
            ("KEY", "KEY2", false),
            ("", "", true),
            ("", "x", false),
        ] {
            assert_eq!(Pattern::new(pattern).matches(name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn covering_never_widens() {
        for (wide, narrow, expected) in [
            ("*", "app/*", true),
            ("app/*", "*", false),
            ("app/*", "app/api", true),
            ("app/*", "app/*", true),
            ("a*", "ab*", true),
            ("ab*", "a*", false),
            ("*b", "*ab", true),
            ("a*b", "*", false),
            ("x", "*", false),
        ] {
            assert_eq!(
                Pattern::new(wide).covers(&Pattern::new(narrow)),
                expected,
                "{wide} {narrow}"
            );
        }
    }
}
