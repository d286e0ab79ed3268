//! `owner/repo`.

use crate::keyway::error::Problem;

/// The name of a repository, as the request spells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repo {
    /// Its owner's login.
    pub owner: String,
    /// Its own name.
    pub name: String,
}

impl Repo {
    /// Of its parts.
    pub fn of(owner: &str, name: &str) -> Result<Self, Problem> {
        let plain = |text: &str, longest: usize| {
            let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
            (1..=longest).contains(&text.len()) && text.bytes().all(known)
        };
        if !plain(owner, 39) || !plain(name, 100) {
            return Err(Problem::field(
                "repoFullName",
                "must be owner/repo, of letters, digits, '.', '_' and '-'",
            ));
        }
        Ok(Self {
            owner: owner.to_owned(),
            name: name.to_owned(),
        })
    }

    /// Of one text, which the request calls `field`.
    pub fn parse(field: &str, text: &str) -> Result<Self, Problem> {
        let (owner, name) = text.split_once('/').unwrap_or_default();
        Self::of(owner, name).map_err(|_| Problem::field(field, "must be owner/repo"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_plain_parts_make_a_name() {
        assert!(Repo::parse("repo", "Owner/my.repo_1").is_ok());
        for text in [
            "",
            "bad",
            "/",
            "a/",
            "/b",
            "a/b/c",
            "a b/c",
            "a/..%2f",
            &format!("{}/b", "a".repeat(40)),
        ] {
            assert!(Repo::parse("repo", text).is_err(), "{text}");
        }
    }
}
