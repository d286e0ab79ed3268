//! Which organizations may copy what another server keeps: a list of what is allowed, and nothing beside it.

use std::{fmt, str::FromStr};

use thiserror::Error;

use crate::{canonical_uri::UriPath, name::OrgName, pattern::Pattern};

/// What stands for the organization's own name in a rule's path.
const OWN: &str = "{namespace}";

/// `team-a=secret/team-a/*`: the organizations whose name matches may copy the paths that match. In both, `*` stands
/// for any run of characters, `/` included; in the path `{namespace}` stands for the organization's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyRule {
    namespaces: Pattern,
    paths: String,
}

/// The text is no rule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?}: {1}; write NAMESPACE=MOUNT/PATH, such as team-a=secret/team-a/* or *=secret/{{namespace}}/*")]
pub struct BadCopyRule(String, &'static str);

impl FromStr for CopyRule {
    type Err = BadCopyRule;

    fn from_str(text: &str) -> Result<Self, BadCopyRule> {
        let bad = |why| BadCopyRule(text.to_owned(), why);
        let (namespaces, paths) = text.split_once('=').ok_or_else(|| bad("it has no ="))?;
        if namespaces.is_empty() || !namespaces.bytes().all(is_name) {
            return Err(bad(
                "a namespace holds letters, digits, ., _ and -, and * for any of them",
            ));
        }
        if paths.is_empty() || paths.starts_with('/') || paths.ends_with('/') {
            return Err(bad("a path neither starts nor ends with a slash"));
        }
        let rest = paths.replace(OWN, "");
        if !rest.bytes().all(|byte| is_name(byte) || byte == b'/') || paths.contains("..") {
            return Err(bad(
                "a path holds letters, digits, ., _, - and /, * for any of them, and {namespace}",
            ));
        }
        Ok(Self {
            namespaces: Pattern::new(namespaces),
            paths: paths.to_owned(),
        })
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'*')
}

impl fmt::Display for CopyRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.namespaces.as_str(), self.paths)
    }
}

impl CopyRule {
    fn allows(&self, organization: &OrgName, path: &UriPath) -> bool {
        let name = organization.as_str();
        let paths = Pattern::new(self.paths.replace(OWN, name));
        self.namespaces.matches(name) && paths.matches(path.as_str())
    }
}

/// All rules. Without one, nothing may be copied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CopyRules(Vec<CopyRule>);

impl CopyRules {
    /// These.
    pub fn new(rules: Vec<CopyRule>) -> Self {
        Self(rules)
    }

    /// Whether one of them lets `organization` copy what is at `path`.
    pub fn allow(&self, organization: &OrgName, path: &UriPath) -> bool {
        self.0.iter().any(|rule| rule.allows(organization, path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical_uri::{CanonicalUri, Reading};

    fn allow(rules: &str, organization: &str, path: &str) -> bool {
        let rules = rules.split_whitespace().map(|rule| rule.parse().unwrap());
        let uri = CanonicalUri::parse(&format!("openbao+kv2://{path}"), Reading::Strict).unwrap();
        CopyRules::new(rules.collect()).allow(&organization.parse().unwrap(), &uri.path)
    }

    #[test]
    fn what_no_rule_names_is_not_allowed() {
        let own = "*=secret/{namespace}/*";
        for (rules, organization, path, expected) in [
            ("", "team-a", "secret/team-a/db", false),
            ("team-a=secret/team-a/*", "team-a", "secret/team-a/db", true),
            ("team-a=secret/team-a/*", "team-a", "secret/team-a/db/main", true),
            ("team-a=secret/team-a/*", "team-b", "secret/team-a/db", false),
            ("team-a=secret/team-a/*", "team-a", "secret/team-ab", false),
            ("team-a=secret/team-a/*", "team-a", "secret/team-a", false),
            ("team-a=secret/team-a/*", "team-a", "other/team-a/db", false),
            ("team-a=secret/db", "team-a", "secret/db", true),
            ("team-a=secret/db", "team-a", "secret/db2", false),
            ("team-*=secret/all", "team-b", "secret/all", true),
            (own, "team-b", "secret/team-b/db", true),
            (own, "team-b", "secret/team-a/db", false),
            (own, "team", "secret/team-a/db", false),
            ("a=kv/x b=kv/y", "b", "kv/y", true),
            ("a=kv/x b=kv/y", "b", "kv/x", false),
            // A name's own characters are no pattern.
            ("*=secret/{namespace}/*", "a.c", "secret/abc/db", false),
        ] {
            assert_eq!(
                allow(rules, organization, path),
                expected,
                "{rules}: {organization} {path}"
            );
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_the_form() {
        for text in [
            "",
            "team-a",
            "=secret/x",
            "team-a=",
            "team-a=/secret/x",
            "team-a=secret/x/",
            "team-a=secret/{ns}/x",
            "team-a=secret/../x",
            "team a=secret/x",
            "team-a=openbao+kv2://secret/x",
            "a=b=c",
        ] {
            let bad = text.parse::<CopyRule>().unwrap_err().to_string();
            assert!(bad.contains("*=secret/{namespace}/*"), "{bad}");
        }
        let rule: CopyRule = "*=secret/{namespace}/*".parse().unwrap();
        assert_eq!(rule.to_string(), "*=secret/{namespace}/*");
    }
}
