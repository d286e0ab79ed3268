//! The grammar of references: `coffer://…`, `vault:path#key`, `op://vault/item/field`. Text in, a [`Reference`] out, or
//! what is wrong with it. The text itself is never repeated: what merely begins like a reference may be a value.

use coffer_domain::address;

/// The longest reference, in bytes.
const LONGEST: usize = 2048;

/// What is wrong, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub fix: String,
}

impl Fault {
    /// Both as text.
    pub fn new(problem: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            fix: fix.into(),
        }
    }
}

/// A well-formed reference to the current version of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// By its whole address.
    Own(address::Reference),
    /// As another program names it.
    Foreign(Foreign),
}

/// As another program names a secret. Where it is here says [`super::rule`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// Whose syntax it is.
    pub scheme: Scheme,
    /// The segments of its path, spaces as `-`; for `op` the vault, the item and perhaps a section.
    pub path: Vec<String>,
    /// The key at that path, likewise; for `op` the field.
    pub key: String,
}

/// Whose syntax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// `vault:secret/data/app#key`, as the Bank-Vaults webhook reads it.
    Vault,
    /// `op://vault/item/field`, as 1Password's tools read it.
    OnePassword,
}

impl Scheme {
    /// What stands before the path.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Vault => "vault:",
            Self::OnePassword => "op://",
        }
    }
}

/// The reference that `text` is meant as; `None` if it is none. `vault:8200` and `vault://…` are none.
pub fn read(text: &str) -> Option<Result<Reference, Fault>> {
    if text.starts_with(">>vault:") {
        return Some(Err(Fault::new(
            "it writes to Vault what it then reads",
            "have the value made here: a VaultSecret with generate",
        )));
    }
    if text.contains("${vault:") || text.contains(">>vault:") {
        return Some(Err(Fault::new(
            "it has references inside other text",
            "put each in a variable of its own, and the text around $(VARIABLE), or into a file's template",
        )));
    }
    if text.len() > LONGEST {
        return None;
    }
    if text.starts_with("coffer://") {
        return Some(own(text));
    }
    if let Some(rest) = text.strip_prefix("op://") {
        return Some(one_password(rest));
    }
    let rest = text.strip_prefix("vault:")?;
    if is_transit(rest) {
        return Some(Err(Fault::new(
            "it is encrypted by Vault's transit engine, which is not asked",
            "keep the value in Coffer",
        )));
    }
    (!rest.starts_with("//") && rest.contains(['/', '#'])).then(|| vault(rest))
}

/// `v1:…`
fn is_transit(rest: &str) -> bool {
    let version = rest
        .strip_prefix('v')
        .and_then(|rest| rest.split_once(':'))
        .map(|(version, _)| version);
    version.is_some_and(|version| !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit()))
}

fn own(text: &str) -> Result<Reference, Fault> {
    let form = "write coffer://NAMESPACE/VAULT/ENVIRONMENT/KEY, and #FIELD for a member of a JSON object";
    let reference: address::Reference = text.parse().map_err(|bad: address::BadReference| {
        Fault::new(
            match bad {
                address::BadReference::Form => "it is no whole address".to_owned(),
                other => other.to_string(),
            },
            form,
        )
    })?;
    if reference.version.is_some() {
        return Err(pinned());
    }
    if let Some(field) = &reference.field {
        segment(field)?;
    }
    Ok(Reference::Own(reference))
}

fn vault(rest: &str) -> Result<Reference, Fault> {
    let mut parts = rest.split('#');
    let path = parts.next().unwrap_or_default();
    let form = "write vault:PATH#KEY";
    let Some(key) = parts.next().filter(|key| !key.is_empty()) else {
        return Err(Fault::new("it names no key", form));
    };
    if key.contains("${") || key.contains("{{") {
        return Err(Fault::new(
            "its key is a template",
            "name one key, or use a file with a template",
        ));
    }
    if parts.next().is_some() || path.contains('?') {
        return Err(pinned());
    }
    Ok(Reference::Foreign(Foreign {
        scheme: Scheme::Vault,
        path: segments(path.trim_start_matches('/'))?,
        key: segment(key)?,
    }))
}

fn one_password(rest: &str) -> Result<Reference, Fault> {
    if rest.contains('?') {
        return Err(Fault::new(
            "it asks for an attribute or another form of a field",
            "leave out what follows the ?",
        ));
    }
    let mut path = segments(rest)?;
    if !(3..=4).contains(&path.len()) {
        return Err(Fault::new(
            "it is not made of a vault, an item, perhaps a section, and a field",
            "write op://VAULT/ITEM/FIELD",
        ));
    }
    let key = path.pop().unwrap_or_default();
    Ok(Reference::Foreign(Foreign {
        scheme: Scheme::OnePassword,
        path,
        key,
    }))
}

/// A pod is told of new versions, and a rotation retires the old ones once it has them.
fn pinned() -> Fault {
    Fault::new(
        "it pins a version, and a pod always gets the current one",
        "leave the version out, or give that version a name of its own",
    )
}

/// The segments of a path, as they are compared and named here.
pub fn segments(path: &str) -> Result<Vec<String>, Fault> {
    path.split('/').map(segment).collect()
}

/// Letters, digits, `.`, `_`, `-`; a space becomes `-`.
fn segment(text: &str) -> Result<String, Fault> {
    let good = |c: char| c.is_ascii_alphanumeric() || ['.', '_', '-', ' '].contains(&c);
    if text.is_empty() || !text.chars().all(good) {
        return Err(Fault::new(
            "a part of it is empty, or holds what no name here can: other than letters, digits, '.', '_', '-' and spaces",
            "rename it where it is kept, and here",
        ));
    }
    Ok(text.replace(' ', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn foreign(text: &str) -> (String, String) {
        match read(text) {
            Some(Ok(Reference::Foreign(it))) => (it.scheme.prefix().to_owned() + &it.path.join("/"), it.key),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn references_of_other_programs_are_read() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        for (text, path, key) in [
            ("vault:secret/data/app#DB_URL", "vault:secret/data/app", "DB_URL"),
            ("vault:/secret/data/a/b#k-1", "vault:secret/data/a/b", "k-1"),
            ("vault:kv#k", "vault:kv", "k"),
            ("op://Prod/db/password", "op://Prod/db", "password"),
            (
                "op://My Vault/db/admin section/pass word",
                "op://My-Vault/db/admin-section",
                "pass-word",
            ),
        ] {
            assert_eq!(foreign(text), pair(path, key), "{text}");
        }
        let own = "coffer://team/app/default/app/db#password";
        assert!(matches!(read(own), Some(Ok(Reference::Own(it))) if it.to_string() == own));
    }

    #[test]
    fn what_only_begins_alike_is_text() {
        for text in [
            "",
            "vault",
            "vault:8200",
            "vault:",
            "vault://vault.example/path#x",
            "vaults:secret/data/app#k",
            "https://vault:8200/v1",
            " vault:secret/data/app#k",
            "coffer:",
            "op:/x/y/z",
            "$(vault:x)",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_done_is_said_without_the_text() {
        for (text, expected) in [
            (">>vault:database/creds/app#password", "writes to Vault"),
            ("postgres://${vault:secret/data/db#user}@db", "inside other text"),
            ("x >>vault:y#z", "inside other text"),
            (
                "vault:v1:8SDd3WHDOjf7mq69CyCqYjBXAiQQAVZRkFM13ok481zoCmHnSeDX9vyf7w==",
                "transit",
            ),
            ("vault:secret/data/app", "names no key"),
            ("vault:secret/data/app#", "names no key"),
            ("vault:secret/data/app#k#2", "pins a version"),
            ("vault:secret/data/app?version=2#k", "pins a version"),
            ("vault:secret/data/app#${.KEY}", "is a template"),
            ("vault:secret//app#k", "a part of it is empty"),
            ("vault:secret/$(ENV)/app#k", "holds what no name here can"),
            ("op://v/i", "not made of a vault"),
            ("op://v/i/s/f/x", "not made of a vault"),
            ("op://v/i/f?attribute=otp", "another form"),
            ("coffer://team/app", "no whole address"),
            ("coffer://team/app/default/x?version=3", "pins a version"),
            ("coffer://team/app/default/x#a'b", "holds what no name here can"),
        ] {
            let Some(Err(fault)) = read(text) else {
                panic!("{text} is taken")
            };
            assert!(fault.problem.contains(expected), "{text}: {fault:?}");
            let said = format!("{} {}", fault.problem, fault.fix);
            assert!(!said.contains("data/app") && !said.contains("8SDd"), "{said}");
        }
    }
}
