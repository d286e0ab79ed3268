//! Whether an entry's value is what the other server has, which version it lacks, and what becomes of that. Pure.

use coffer_crds::{RemoteVersion, condition::reason};
use coffer_domain::{
    address::Version,
    canonical_uri::CanonicalUri,
    entity::VersionState,
    secret_json::SecretJson,
    secret_value::{MAX_BYTES, SecretValue},
};
use serde_json::Value;

use crate::{
    problem::Problem,
    reference::hint,
    remote::{Facts, Fault, View},
};

/// Why a value is not known to be what the server has. It holds no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The condition reason.
    pub reason: &'static str,
    /// In a sentence.
    pub words: String,
    /// Whether only a change by someone on this side mends it.
    pub is_refusal: bool,
}

impl Trouble {
    /// On the server's side.
    fn there(reason: &'static str, words: impl Into<String>) -> Self {
        Self {
            reason,
            words: words.into(),
            is_refusal: false,
        }
    }

    /// On ours.
    pub fn refusal(reason: &'static str, words: impl Into<String>) -> Self {
        Self {
            is_refusal: true,
            ..Self::there(reason, words)
        }
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::there(fault.reason(), fault.words())
    }
}

/// How an entry stands before its value is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// Nothing is known yet.
    Unknown,
    /// It holds what the server has.
    Same,
    /// It lacks this version.
    Lacks(Version, RemoteVersion),
    /// What it should hold cannot be had.
    Trouble(Trouble),
}

/// How the entry of `uri` stands by what is known of its path; `held` is what its value was copied from.
pub fn look(uri: &CanonicalUri, view: &View, held: Option<&RemoteVersion>) -> Look {
    match (&view.facts, view.fault) {
        (None, None) => Look::Unknown,
        (None, Some(fault)) | (Some(_), Some(fault @ Fault::Missing)) => Look::Trouble(fault.into()),
        (Some(facts), fault) => match live(uri, facts) {
            Err(trouble) => Look::Trouble(trouble),
            Ok((version, there)) if held != Some(&there) => Look::Lacks(version, there),
            Ok(_) => fault.map_or(Look::Same, |fault| Look::Trouble(fault.into())),
        },
    }
}

/// The version that a URI is about, if there is a value in it.
fn live(uri: &CanonicalUri, facts: &Facts) -> Result<(Version, RemoteVersion), Trouble> {
    let version = uri
        .version
        .or(facts.current)
        .ok_or_else(|| Trouble::from(Fault::Missing))?;
    let line = facts.line(version).ok_or_else(|| {
        let words = format!("the server does not have version {version}");
        Trouble::there(reason::REMOTE_NOT_FOUND, words)
    })?;
    let gone = |how| {
        let words = format!("version {version} was {how} there");
        Err(Trouble::there(reason::REMOTE_DELETED, words))
    };
    match line.state {
        VersionState::Deleted => gone("deleted"),
        VersionState::Destroyed => gone("destroyed"),
        VersionState::Live => {
            let there = RemoteVersion::new(uri.to_string(), version.get(), line.created_at);
            Ok((version, there))
        }
    }
}

/// What becomes of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It holds what the server has, or will once it is copied.
    Current,
    /// The server is being asked.
    Unknown,
    /// It keeps what it holds.
    Trouble(Trouble),
}

/// One entry, decided.
#[derive(Debug)]
pub struct Entry {
    /// What to store, and where that is from.
    pub copy: Option<(SecretValue, RemoteVersion)>,
    /// What its value was copied from so far, as far as that is known.
    pub held: Option<RemoteVersion>,
    /// Whether the value that is stored is the last good one of this very URI.
    pub has_good: bool,
    /// How it stands.
    pub standing: Standing,
}

/// Decides an entry that was looked at; `value` is the version's that it lacks, as far as it is here.
pub fn settle(
    uri: &CanonicalUri,
    look: Look,
    value: Option<&Result<SecretJson, Fault>>,
    held: Option<RemoteVersion>,
) -> Entry {
    let (copy, standing) = match look {
        Look::Unknown => (None, Standing::Unknown),
        Look::Same => (None, Standing::Current),
        Look::Trouble(trouble) => (None, Standing::Trouble(trouble)),
        Look::Lacks(_, there) => match value {
            None => (None, Standing::Unknown),
            Some(Err(fault)) => (None, Standing::Trouble((*fault).into())),
            Some(Ok(map)) => match extract(uri, map) {
                Ok(value) => (Some((value, there)), Standing::Current),
                Err(trouble) => (None, Standing::Trouble(trouble)),
            },
        },
    };
    let own = uri.to_string();
    Entry {
        copy,
        has_good: held.as_ref().is_some_and(|held| held.uri == own),
        held,
        standing,
    }
}

/// The value that a URI means of a map: one key's text, or JSON.
fn extract(uri: &CanonicalUri, map: &SecretJson) -> Result<SecretValue, Trouble> {
    let value = match &uri.fragment {
        None => map.to_value(),
        Some(fragment) => {
            let key = fragment.key();
            let member = map.member(key).ok_or_else(|| {
                let names = map.members().into_iter().flatten().map(|(name, _)| name.as_str());
                let words = format!("the secret there has no key {key}{}", hint(key, names));
                Trouble::there(reason::REMOTE_KEY_NOT_FOUND, words)
            })?;
            match member.reveal() {
                Value::String(text) => SecretValue::from(text.as_str()),
                _ => member.to_value(),
            }
        }
    };
    if value.len() > MAX_BYTES {
        let words = format!(
            "the value there has {} bytes; {MAX_BYTES} are the most",
            value.len()
        );
        return Err(Trouble::there(reason::VALUE_TOO_LARGE, words));
    }
    Ok(value)
}

impl Entry {
    /// One that may not be copied, or cannot be meant.
    pub fn refused(trouble: Trouble, held: Option<RemoteVersion>) -> Self {
        Self {
            copy: None,
            held,
            has_good: false,
            standing: Standing::Trouble(trouble),
        }
    }

    /// Why the object is not Ready because of this entry. One that holds a last good value is: programs that use it run.
    pub fn problem(&self, key: &str) -> Option<Problem> {
        let told = |words: &str| format!("data.{key}.remote: {words}");
        match &self.standing {
            Standing::Trouble(trouble) if trouble.is_refusal => {
                Some(Problem::stalled(trouble.reason, told(&trouble.words)))
            }
            Standing::Current | Standing::Unknown | Standing::Trouble(_) if self.has_good => None,
            Standing::Current => None,
            Standing::Unknown => Some(Problem::waiting(reason::PROGRESSING, told(ASKED))),
            Standing::Trouble(trouble) if trouble.reason == reason::REMOTE_UNAVAILABLE => {
                Some(Problem::transient(trouble.reason, told(&trouble.words)))
            }
            Standing::Trouble(trouble) => Some(Problem::waiting(trouble.reason, told(&trouble.words))),
        }
    }

    /// What the stored value is from, once the entry was carried out.
    pub fn record(&self) -> Option<RemoteVersion> {
        let copied = self.copy.as_ref().map(|(_, there)| there);
        copied.or(self.held.as_ref()).cloned()
    }
}

/// Of what is not known yet.
pub const ASKED: &str = "the other server is being asked";

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
