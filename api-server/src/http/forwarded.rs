//! The client's address behind proxies. A header is believed only from a peer that the configuration trusts,
//! and only as far back as the hops are trusted ones too.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header::FORWARDED};

use coffer_domain::network::Cidr;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Which peers are proxies whose word is taken.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(pub Vec<Cidr>);

impl TrustedProxies {
    /// The client: the nearest hop that is not a trusted proxy. What does not read as an address ends the walk
    /// at the proxy that sent it.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if self.0.is_empty() || !self.trusts(peer) {
            return peer;
        }
        let hops = hops(headers);
        let mut client = peer;
        for hop in hops.iter().rev() {
            let Some(address) = address(hop) else { break };
            client = address;
            if !self.trusts(address) {
                break;
            }
        }
        client
    }

    /// Whether an address is a trusted proxy's.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|block| block.contains(address))
    }
}

/// The hops that the headers name, nearest last. `X-Forwarded-For` goes before `Forwarded`: a proxy that sets
/// only one of them passes the other on as the client made it up, and far more set the former.
fn hops(headers: &HeaderMap) -> Vec<String> {
    let texts = |name: &HeaderName| -> Vec<String> {
        let all = headers.get_all(name).iter();
        all.flat_map(|value| value.to_str().unwrap_or("").split(','))
            .map(|hop| hop.trim().to_owned())
            .collect()
    };
    let plain = texts(&X_FORWARDED_FOR);
    if !plain.is_empty() {
        return plain;
    }
    texts(&FORWARDED).iter().map(|element| for_of(element)).collect()
}

/// The `for` parameter of one element of `Forwarded` (RFC 7239).
fn for_of(element: &str) -> String {
    let pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let found = pairs
        .into_iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("for"));
    found.map_or_else(String::new, |(_, value)| value.trim_matches('"').to_owned())
}

/// `10.0.0.1`, `10.0.0.1:443`, `::1`, `[::1]`, `[::1]:443`.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = || hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let plain = hop.parse::<IpAddr>().ok().or_else(bare);
    plain
        .or_else(|| hop.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &[&str], peer: &str, headers: &[(&'static str, &str)]) -> String {
        let proxies = TrustedProxies(trusted.iter().map(|block| block.parse().unwrap()).collect());
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        proxies.client(peer.parse().unwrap(), &map).to_string()
    }

    #[test]
    fn a_header_counts_only_from_a_trusted_peer() {
        let claim = [("x-forwarded-for", "203.0.113.9")];
        assert_eq!(client(&[], "10.0.0.1", &claim), "10.0.0.1");
        assert_eq!(client(&["10.0.0.0/8"], "192.0.2.1", &claim), "192.0.2.1");
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1", &claim), "203.0.113.9");
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn what_the_client_itself_wrote_is_not_reached() {
        let trusted = ["10.0.0.0/8"];
        let spoofed = [("x-forwarded-for", "1.1.1.1, 203.0.113.9, 10.0.0.7")];
        assert_eq!(client(&trusted, "10.0.0.1", &spoofed), "203.0.113.9");
        let two = [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "203.0.113.9")];
        assert_eq!(client(&trusted, "10.0.0.1", &two), "203.0.113.9");
        let unreadable = [("x-forwarded-for", "1.1.1.1, nonsense, 10.0.0.7")];
        assert_eq!(client(&trusted, "10.0.0.1", &unreadable), "10.0.0.7");
    }

    #[test]
    fn the_standard_header_is_read_too() {
        let trusted = ["127.0.0.0/8"];
        for (value, expected) in [
            ("for=203.0.113.9;proto=https", "203.0.113.9"),
            ("For=\"[2001:db8::1]:4711\"", "2001:db8::1"),
            ("for=203.0.113.9:80, for=127.0.0.2", "203.0.113.9"),
            ("for=_hidden", "127.0.0.1"),
            ("proto=https", "127.0.0.1"),
        ] {
            assert_eq!(
                client(&trusted, "127.0.0.1", &[("forwarded", value)]),
                expected,
                "{value}"
            );
        }
    }
}
