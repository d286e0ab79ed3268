//! What can be asked for, as the part of a URI after its scheme: `secrets/production/DATABASE_URL`,
//! `secrets/production/*`, `secrets/*`, `api-keys/{id}`, `api-keys/*`, `custom/{type}/{id}`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::entity::Secret;

/// The longest.
const LONGEST: usize = 400;
/// The environment of what is in none.
const NOWHERE: &str = "default";

/// What can be asked for. Of texts, `None` is all of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum AgentUri {
    /// Secrets: in which environment, of which name.
    Secrets(Option<String>, Option<String>),
    /// API keys: of which id.
    Keys(Option<String>),
    /// Something of a client's own: of which type and id.
    Custom(String, String),
}

/// Not of that form.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "must be secrets/<environment>/<name>, secrets/<environment>/*, secrets/*, api-keys/<id>, api-keys/* or custom/<type>/<id>"
)]
pub struct BadUri;

impl FromStr for AgentUri {
    type Err = BadUri;

    fn from_str(text: &str) -> Result<Self, BadUri> {
        let plain = |part: &&str| {
            !part.is_empty()
                && !part.contains('*')
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'%'))
        };
        let own = |part: &str| Some(part).filter(plain).map(str::to_owned).ok_or(BadUri);
        if text.len() > LONGEST {
            return Err(BadUri);
        }
        let parts: Vec<&str> = text.split('/').collect();
        match parts[..] {
            ["secrets", "*"] => Ok(Self::Secrets(None, None)),
            ["secrets", environment, "*"] => Ok(Self::Secrets(Some(own(environment)?), None)),
            ["secrets", environment, name] => Ok(Self::Secrets(Some(own(environment)?), Some(own(name)?))),
            ["api-keys", "*"] => Ok(Self::Keys(None)),
            ["api-keys", id] => Ok(Self::Keys(Some(own(id)?))),
            ["custom", kind, id] => Ok(Self::Custom(own(kind)?, own(id)?)),
            _ => Err(BadUri),
        }
    }
}

impl TryFrom<String> for AgentUri {
    type Error = BadUri;

    fn try_from(text: String) -> Result<Self, BadUri> {
        text.parse()
    }
}

impl From<AgentUri> for String {
    fn from(uri: AgentUri) -> Self {
        uri.to_string()
    }
}

impl fmt::Display for AgentUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let any = |part: &Option<String>| part.clone().unwrap_or_else(|| "*".to_owned());
        match self {
            Self::Secrets(None, _) => f.write_str("secrets/*"),
            Self::Secrets(Some(environment), name) => write!(f, "secrets/{environment}/{}", any(name)),
            Self::Keys(id) => write!(f, "api-keys/{}", any(id)),
            Self::Custom(kind, id) => write!(f, "custom/{kind}/{id}"),
        }
    }
}

impl AgentUri {
    /// Whether whoever has this has `other`.
    pub fn covers(&self, other: &Self) -> bool {
        let within = |mine: &Option<String>, theirs: &Option<String>| mine.is_none() || mine == theirs;
        match (self, other) {
            (Self::Secrets(place, name), Self::Secrets(other_place, other_name)) => {
                within(place, other_place) && within(name, other_name)
            }
            (Self::Keys(id), Self::Keys(other)) => within(id, other),
            (Self::Custom(..), Self::Custom(..)) => self == other,
            _ => false,
        }
    }

    /// How narrow it is: of two that cover a thing, the narrower one is about it.
    pub fn narrowness(&self) -> usize {
        match self {
            Self::Secrets(place, name) => usize::from(place.is_some()) + usize::from(name.is_some()),
            Self::Keys(id) => usize::from(id.is_some()),
            Self::Custom(..) => 2,
        }
    }

    /// The one secret that it names: in which environment, by which name.
    pub fn secret(&self) -> Option<(&str, &str)> {
        match self {
            Self::Secrets(Some(environment), Some(name)) => Some((environment, name)),
            _ => None,
        }
    }

    /// How a secret is asked for within this: by the environment named here, or by the first one it is in.
    pub fn of_secret(&self, secret: &Secret) -> Option<Self> {
        let Self::Secrets(place, _) = self else {
            return None;
        };
        let environments = environments(secret);
        let environment = match place {
            Some(wanted) => environments.into_iter().find(|known| known == wanted)?,
            None => environments.into_iter().next()?,
        };
        let uri = Self::Secrets(Some(environment), Some(secret.name.to_string()));
        self.covers(&uri).then_some(uri)
    }
}

/// In which environments a secret is, as agents see it: that of its document, and its tags.
pub fn environments(secret: &Secret) -> Vec<String> {
    let said = secret.described();
    let named = said.document.get("environment").and_then(|it| it.as_str());
    let mut all: Vec<String> = named.map(str::to_owned).into_iter().chain(said.tags).collect();
    if all.is_empty() {
        all.push(NOWHERE.to_owned());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> AgentUri {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_read_is_written_the_same() {
        for text in [
            "secrets/*",
            "secrets/production/*",
            "secrets/production/DATABASE_URL",
            "api-keys/*",
            "api-keys/key_1",
            "custom/db/main",
        ] {
            assert_eq!(uri(text).to_string(), text);
        }
        for text in [
            "",
            "secrets",
            "secrets/",
            "secrets/*/X",
            "secrets/a/b/c",
            "custom/a",
            "custom/*/x",
            "x/*",
            "secrets/a/b c",
        ] {
            assert_eq!(text.parse::<AgentUri>(), Err(BadUri), "{text}");
        }
    }

    #[test]
    fn the_wider_covers_the_narrower_and_never_the_other_way() {
        let order = ["secrets/*", "secrets/a/*", "secrets/a/X"];
        for (wide, text) in order.iter().enumerate() {
            for (narrow, other) in order.iter().enumerate() {
                assert_eq!(uri(text).covers(&uri(other)), wide <= narrow, "{text} {other}");
            }
        }
        assert!(!uri("secrets/a/*").covers(&uri("secrets/b/X")));
        assert!(!uri("secrets/*").covers(&uri("api-keys/*")));
        assert!(uri("api-keys/*").covers(&uri("api-keys/1")));
    }
}
