//! Which dialect a request is for: by its host where the configuration maps one, else by the first segment of
//! its path. The dialect then sees the path that the product documents.

use std::{collections::HashMap, str::FromStr, sync::Arc};

use axum::{
    Router,
    http::{Uri, header::HOST, request::Parts},
};
use hyper_util::service::TowerToHyperService;
use thiserror::Error;

use super::{
    dialect::Dialect,
    rate::{Limiter, RateOverride},
};
use crate::app::App;

/// A host that belongs to a dialect as a whole: `api.keyway.example=keyway`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostMount {
    /// The host, in lower case, without a port.
    pub host: String,
    /// The dialect's name.
    pub dialect: String,
}

/// Not of that form.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("must be <host>=<dialect>, such as api.secryn.example=secryn")]
pub struct BadHostMount;

impl FromStr for HostMount {
    type Err = BadHostMount;

    fn from_str(text: &str) -> Result<Self, BadHostMount> {
        let (host, dialect) = text.split_once('=').ok_or(BadHostMount)?;
        let plain =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'[' | b']' | b':');
        if host.is_empty() || !host.bytes().all(plain) || dialect.is_empty() {
            return Err(BadHostMount);
        }
        Ok(Self {
            host: host.to_ascii_lowercase(),
            dialect: dialect.to_owned(),
        })
    }
}

/// A dialect that is being served.
pub struct Mounted {
    /// Which.
    pub dialect: &'static Dialect,
    /// Its routes.
    pub router: TowerToHyperService<Router>,
    /// Its counts; another dialect's too, where they are counted together.
    pub limiter: Arc<Limiter>,
}

/// All dialects of a listener.
#[derive(Default)]
pub struct Mounts {
    mounted: Vec<Mounted>,
    hosts: HashMap<String, usize>,
}

impl Mounts {
    /// Mounts `dialects`, one that is counted with another after that; a host of one that is not among them is a mistake that the settings' check finds.
    pub fn new(
        dialects: &[&'static Dialect],
        hosts: &[HostMount],
        rates: &[RateOverride],
        app: &Arc<App>,
    ) -> Self {
        let mut mounted: Vec<Mounted> = Vec::with_capacity(dialects.len());
        for dialect in dialects {
            let own = || Limiter::new(dialect.name, dialect.buckets, dialect.rate_headers, rates);
            let shared = mounted
                .iter()
                .find(|other| dialect.counted_with == Some(other.dialect.name));
            let limiter = shared.map_or_else(|| Arc::new(own()), |other| Arc::clone(&other.limiter));
            mounted.push(Mounted {
                dialect,
                router: TowerToHyperService::new(dialect.router(Arc::clone(app))),
                limiter,
            });
        }
        let place = |host: &HostMount| {
            let at = dialects.iter().position(|dialect| dialect.name == host.dialect)?;
            Some((host.host.clone(), at))
        };
        Self {
            mounted,
            hosts: hosts.iter().filter_map(place).collect(),
        }
    }

    /// The dialect that a request is for, with the path rewritten to the one it knows. `None`: the request is
    /// for the native doors.
    pub fn find(&self, parts: &mut Parts) -> Option<&Mounted> {
        let (mounted, path) = match self.by_host(parts) {
            Some(mounted) => (mounted, parts.uri.path()),
            None => self.by_path(parts.uri.path())?,
        };
        let path = mounted.dialect.canonical(path, parts.uri.query())?;
        parts.uri = Uri::from(path);
        Some(mounted)
    }

    fn by_host(&self, parts: &Parts) -> Option<&Mounted> {
        if self.hosts.is_empty() {
            return None;
        }
        let named = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = parts
            .uri
            .authority()
            .map(axum::http::uri::Authority::as_str)
            .or(named)?;
        let at = self.hosts.get(&without_port(host).to_ascii_lowercase())?;
        self.mounted.get(*at)
    }

    fn by_path<'a>(&self, path: &'a str) -> Option<(&Mounted, &'a str)> {
        let first = path.strip_prefix('/')?;
        let end = first.find('/').unwrap_or(first.len());
        let mounted = self
            .mounted
            .iter()
            .find(|mounted| mounted.dialect.name == &first[..end])?;
        Some((mounted, &first[end..]))
    }
}

fn without_port(host: &str) -> &str {
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_belongs_to_a_dialect() {
        let read: HostMount = "API.Example.test=secryn".parse().unwrap();
        assert_eq!(
            (read.host.as_str(), read.dialect.as_str()),
            ("api.example.test", "secryn")
        );
        for text in ["", "=", "a=", "=secryn", "a b=secryn", "a/b=secryn"] {
            assert_eq!(text.parse::<HostMount>(), Err(BadHostMount), "{text}");
        }
    }

    #[test]
    fn a_port_is_no_part_of_a_host() {
        for (host, expected) in [
            ("a.example", "a.example"),
            ("a.example:8443", "a.example"),
            ("[::1]:80", "[::1]"),
            ("[::1]", "[::1]"),
            ("user@a.example:1", "a.example"),
        ] {
            assert_eq!(without_port(host), expected);
        }
    }
}
