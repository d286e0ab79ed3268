//! Requests without a credential: from programs of this machine alone, and not from a page that a browser of this
//! machine shows.

use std::net::IpAddr;

use axum::http::{HeaderMap, header};

/// Headers that a proxy adds: then the sender is not who is connected.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "via"];

/// Whether a request comes from a program of this machine.
pub fn is_local(peer: IpAddr, headers: &HeaderMap) -> bool {
    let forwarded = FORWARDED.iter().any(|name| headers.contains_key(*name));
    // A name that a stranger made point here comes with that name.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let paged = headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site");
    peer.is_loopback() && !forwarded && !paged && host.is_none_or(is_our_name)
}

/// Whether a host is a name of this machine, for this machine alone.
pub fn is_our_name(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    };
    let address = name
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_programs_of_this_machine_are_local() {
        let local: IpAddr = "127.0.0.1".parse().unwrap();
        let of = |pairs: &[(&'static str, &'static str)]| -> HeaderMap {
            let pair = |(name, value): &(&'static str, &'static str)| {
                (
                    header::HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            };
            pairs.iter().map(pair).collect()
        };
        for host in ["127.0.0.1:8443", "localhost", "LOCALHOST:1", "[::1]:80", "[::1]"] {
            assert!(is_local(local, &of(&[("host", host)])), "{host}");
        }
        for headers in [
            &[("host", "attacker.example")][..],
            &[("host", "127.0.0.1.attacker.example:80")],
            &[("host", "localhost"), ("origin", "https://attacker.example")],
            &[("host", "localhost"), ("sec-fetch-site", "cross-site")],
            &[("host", "localhost"), ("x-forwarded-for", "10.0.0.1")],
            &[("host", "localhost"), ("forwarded", "for=10.0.0.1")],
        ] {
            assert!(!is_local(local, &of(headers)), "{headers:?}");
        }
        assert!(!is_local(
            "10.0.0.1".parse().unwrap(),
            &of(&[("host", "localhost")])
        ));
    }
}
