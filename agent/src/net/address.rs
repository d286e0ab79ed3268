//! `https://host:port`.

use std::net::IpAddr;

use rustls_pki_types::ServerName;
use thiserror::Error;

/// Where the server is, and the name its certificate must carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAddress {
    /// Name or IP address, without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// `host` as TLS verifies it.
    pub name: ServerName<'static>,
}

/// What is wrong with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AddressError {
    /// Another scheme, or none.
    #[error("must begin with https://")]
    Scheme,
    /// A path, query, fragment or user.
    #[error("must be https://host:port and nothing after it")]
    More,
    /// Not a port.
    #[error("the port must be a number from 1 to 65535")]
    Port,
    /// Neither.
    #[error("the host is neither a DNS name nor an IP address")]
    Host,
}

impl ServerAddress {
    /// Parses `https://host[:port][/]`; the port is 443 unless it is given.
    pub fn parse(url: &str) -> Result<Self, AddressError> {
        let rest = url.strip_prefix("https://").ok_or(AddressError::Scheme)?;
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#', '@']) {
            return Err(AddressError::More);
        }
        let (host, port) = split_port(authority)?;
        let name = match host.parse::<IpAddr>() {
            Ok(ip) => ServerName::IpAddress(ip.into()),
            Err(_) => ServerName::try_from(host.to_owned()).map_err(|_| AddressError::Host)?,
        };
        Ok(Self {
            host: host.to_owned(),
            port,
            name,
        })
    }

    /// The value of the `Host` header.
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

fn split_port(authority: &str) -> Result<(&str, u16), AddressError> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once(']').ok_or(AddressError::Host)?,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let port = match port.strip_prefix(':') {
        Some(digits) => digits.parse().ok().filter(|p| *p > 0).ok_or(AddressError::Port)?,
        None if port.is_empty() => 443,
        None => return Err(AddressError::Port),
    };
    Ok((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_names_and_addresses() {
        for (url, host, port, authority) in [
            (
                "https://coffer.coffer-system.svc:8443",
                "coffer.coffer-system.svc",
                8443,
                "coffer.coffer-system.svc:8443",
            ),
            ("https://coffer/", "coffer", 443, "coffer:443"),
            ("https://127.0.0.1:1", "127.0.0.1", 1, "127.0.0.1:1"),
            ("https://[::1]:8443", "::1", 8443, "[::1]:8443"),
        ] {
            let address = ServerAddress::parse(url).unwrap();
            assert_eq!(
                (address.host.as_str(), address.port, address.authority().as_str()),
                (host, port, authority)
            );
        }
    }

    #[test]
    fn refuses_everything_else() {
        for (url, why) in [
            ("http://coffer", AddressError::Scheme),
            ("coffer:8443", AddressError::Scheme),
            ("https://coffer/path", AddressError::More),
            ("https://user@coffer", AddressError::More),
            ("https://coffer:0", AddressError::Port),
            ("https://coffer:65536", AddressError::Port),
            ("https://::1:1", AddressError::Port),
            ("https://[::1", AddressError::Host),
            ("https://", AddressError::Host),
            ("https://a b", AddressError::Host),
        ] {
            assert_eq!(ServerAddress::parse(url), Err(why), "{url}");
        }
    }
}
