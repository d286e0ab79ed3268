//! `openbao+kv2`: which provider, and which engine of it.

use std::fmt;

use super::{Reading, UriFault};

/// What keeps a secret, as its scheme says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Backend {
    /// `openbao+kv2`
    OpenBao,
    /// `hashicorp+kv2`
    HashiCorp,
    /// `yaml`
    Yaml,
}

impl Backend {
    /// Reads a scheme, in any case.
    pub(super) fn parse(scheme: &str, reading: Reading) -> Result<Self, UriFault> {
        let scheme = scheme.to_ascii_lowercase();
        let legacy = reading == Reading::Legacy;
        match scheme.as_str() {
            "openbao+kv2" => Ok(Self::OpenBao),
            "hashicorp+kv2" => Ok(Self::HashiCorp),
            "yaml" => Ok(Self::Yaml),
            "openbao" if legacy => Ok(Self::OpenBao),
            "hashicorp" if legacy => Ok(Self::HashiCorp),
            _ => Err(UriFault::UnsupportedEngine),
        }
    }

    /// The provider alone: `openbao`, `hashicorp`, `yaml`.
    pub fn provider(self) -> &'static str {
        match self {
            Self::OpenBao => "openbao",
            Self::HashiCorp => "hashicorp",
            Self::Yaml => "yaml",
        }
    }

    /// Its engine, if it has engines.
    pub fn engine(self) -> Option<&'static str> {
        match self {
            Self::OpenBao | Self::HashiCorp => Some("kv2"),
            Self::Yaml => None,
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.provider())?;
        self.engine().map_or(Ok(()), |engine| write!(f, "+{engine}"))
    }
}
