//! Where a webhook leads: to an address that was looked up once, looked at, and is then the one connected to.

use std::net::{IpAddr, SocketAddr};

use coffer_domain::network::Cidr;
use reqwest::Url;
use tokio::net::lookup_host;

use super::send::Failure;
use crate::http::public::is_public;

/// A place to deliver to.
#[derive(Debug)]
pub struct Target {
    /// The URL.
    pub url: Url,
    /// Its host, as a name to pin.
    pub host: String,
    /// The address to connect to.
    pub address: SocketAddr,
}

impl Target {
    /// Of a URL, if its host has an address that may be connected to.
    pub async fn of(url: &str, allowed: &[Cidr]) -> Result<Self, Failure> {
        let url: Url = url.parse().map_err(|_| Failure::Url)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Failure::Url);
        }
        let host = url.host_str().ok_or(Failure::Url)?.to_owned();
        let port = url.port_or_known_default().ok_or(Failure::Url)?;
        // Of an IPv6 address, a URL keeps the brackets.
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let found = lookup_host((bare, port)).await.map_err(|_| Failure::Unknown)?;
        let mut found = found.peekable();
        found.peek().ok_or(Failure::Unknown)?;
        let address = found.find(|address| may_reach(address.ip(), allowed));
        Ok(Self {
            address: address.ok_or(Failure::Private)?,
            host,
            url,
        })
    }
}

/// Whether an address is public, or one that the configuration allows.
fn may_reach(address: IpAddr, allowed: &[Cidr]) -> bool {
    is_public(address) || allowed.iter().any(|block| block.contains(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn reaches(url: &str, allowed: &[&str]) -> Result<SocketAddr, Failure> {
        let allowed: Vec<Cidr> = allowed.iter().map(|block| block.parse().unwrap()).collect();
        Target::of(url, &allowed).await.map(|target| target.address)
    }

    #[tokio::test]
    async fn private_addresses_are_not_reached_however_they_are_written() {
        for url in [
            "http://127.0.0.1/",
            "http://localhost:9/",
            "http://0x7f.1/",
            "http://2130706433/",
            "http://017700000001/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://10.0.0.1/",
            "http://169.254.169.254/latest/meta-data",
            "https://0.0.0.0/",
            "http://[fd00::1]:8080/",
        ] {
            assert_eq!(reaches(url, &[]).await, Err(Failure::Private), "{url}");
        }
        for url in ["ftp://1.1.1.1/", "nonsense", "http://"] {
            assert_eq!(reaches(url, &[]).await, Err(Failure::Url), "{url}");
        }
    }

    #[tokio::test]
    async fn what_is_allowed_is_reached() {
        let address = reaches("http://127.0.0.1:81/x", &["127.0.0.0/8"]).await.unwrap();
        assert_eq!(address.to_string(), "127.0.0.1:81");
        assert_eq!(
            reaches("http://127.0.0.1/", &["10.0.0.0/8"]).await,
            Err(Failure::Private)
        );
        let public = reaches("https://93.184.216.34/", &[]).await.unwrap();
        assert_eq!(public.port(), 443);
    }
}
