//! Which server it is, how to log in there, and how much is asked of it.

use std::{collections::BTreeMap, fmt, path::PathBuf, time::Duration};

use coffer_domain::secret_value::SecretValue;
use reqwest::{Certificate, Url};
use thiserror::Error;

/// What cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct BadOptions(pub(crate) String);

/// A way to log in.
#[derive(Clone)]
pub enum Login {
    /// A token.
    Token(SecretValue),
    /// A role's id and secret id.
    AppRole {
        /// Where the method is mounted.
        mount: String,
        /// The role's id.
        role: String,
        /// Its secret id.
        secret: SecretValue,
    },
    /// A JWT from a file, which is read anew for each login: a service account's, or any issuer's.
    Jwt {
        /// Where the method is mounted.
        mount: String,
        /// As which role; `None`: the method's usual one.
        role: Option<String>,
        /// The file.
        file: PathBuf,
    },
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

/// The certificates of the server's own authority.
#[derive(Debug, Clone)]
pub struct Certificates(pub(crate) Vec<Certificate>);

impl Certificates {
    /// Reads PEM; there must be one.
    pub fn parse(pem: &[u8]) -> Result<Self, BadOptions> {
        match Certificate::from_pem_bundle(pem) {
            Ok(all) if !all.is_empty() => Ok(Self(all)),
            Ok(_) => Err(BadOptions("there is no certificate in it".to_owned())),
            Err(_) => Err(BadOptions("it is no PEM of certificates".to_owned())),
        }
    }
}

/// A server, and how to speak with it.
#[derive(Clone)]
pub struct Options {
    /// Its address, from [`address`].
    pub url: Url,
    /// Its namespace.
    pub namespace: Option<String>,
    /// Its own authority; `None`: those that this machine trusts.
    pub authority: Option<Certificates>,
    /// How to log in.
    pub login: Login,
    /// How long one request may take.
    pub timeout: Duration,
    /// How many requests may be under way; as many again, twice, may wait for a second.
    pub concurrency: usize,
    /// A token that ends sooner is renewed.
    pub renewal: Duration,
    /// How often a token is looked at, at most.
    pub looks: Duration,
    /// Engines by the mounts that URIs name, where they are called otherwise.
    pub engines: BTreeMap<String, String>,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("url", &self.url.as_str())
            .finish_non_exhaustive()
    }
}

impl Options {
    /// The usual ones for a server.
    pub fn new(url: Url, login: Login) -> Self {
        Self {
            url,
            namespace: None,
            authority: None,
            login,
            timeout: Duration::from_secs(30),
            concurrency: 50,
            renewal: Duration::from_mins(10),
            looks: Duration::from_mins(1),
            engines: BTreeMap::new(),
        }
    }
}

/// An address that secrets may be sent to: over TLS, unless it is on this machine; nothing but scheme, host and port.
pub fn address(text: &str) -> Result<Url, BadOptions> {
    let url = Url::parse(text).map_err(|error| BadOptions(error.to_string()))?;
    let host = url.host_str().unwrap_or_default();
    let number = host.trim_start_matches('[').trim_end_matches(']');
    let local = host == "localhost"
        || number
            .parse()
            .is_ok_and(|address: std::net::IpAddr| address.is_loopback());
    let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let nobody = url.username().is_empty() && url.password().is_none();
    let safe = url.scheme() == "https" || (url.scheme() == "http" && local);
    if plain && nobody && safe && !host.is_empty() {
        return Ok(url);
    }
    Err(BadOptions(
        "the address must be https://host[:port]; plain http is for this machine only".to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_over_tls_or_stay_here() {
        for (text, good) in [
            ("https://bao.example:8200", true),
            ("https://bao.example/", true),
            ("http://127.0.0.1:8200", true),
            ("http://127.9.8.7:8200", true),
            ("http://[::1]:8200", true),
            ("http://localhost:8200", true),
            ("http://bao.example:8200", false),
            ("http://localhost.example:8200", false),
            ("http://10.0.0.1", false),
            ("https://me:word@bao.example", false),
            ("https://bao.example/v1", false),
            ("https://bao.example/?a=b", false),
            ("ftp://localhost", false),
            ("bao", false),
        ] {
            assert_eq!(address(text).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn what_is_secret_is_not_shown() {
        let url = address("https://bao.example").unwrap();
        let shown = format!("{:?}", Options::new(url, Login::Token("hvs.hunter2".into())));
        assert!(
            shown.contains("bao.example") && !shown.contains("hunter2"),
            "{shown}"
        );
        assert_eq!(format!("{:?}", Login::Token("hunter2".into())), "<redacted>");
    }
}
