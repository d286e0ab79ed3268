//! Which addresses are nobody's on the public network.

use std::net::IpAddr;

use coffer_domain::network::Cidr;

/// Whether an address is one that the public network routes to someone: not this machine, not a private, shared,
/// link-local, documentation or reserved block, not multicast, and none of these inside an IPv6 form.
/// (IANA special-purpose registries, RFC 6890.)
pub fn is_public(address: IpAddr) -> bool {
    const V4: [&str; 15] = [
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    ];
    // Of IPv6 only 2000::/3 is given out; within it, these are not, or carry an IPv4 address.
    const V6: [&str; 4] = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];
    let within = |blocks: &[&str]| {
        let read = blocks.iter().filter_map(|block| block.parse::<Cidr>().ok());
        read.into_iter().any(|block| block.contains(address))
    };
    match address.to_canonical() {
        IpAddr::V4(_) => !within(&V4),
        IpAddr::V6(_) => within(&["2000::/3"]) && !within(&V6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_given_out_addresses_are_public() {
        for (address, expected) in [
            ("93.184.216.34", true),
            ("2606:2800:220:1::1", true),
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("172.31.0.1", false),
            ("172.32.0.1", true),
            ("192.168.0.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("255.255.255.255", false),
            ("224.0.0.1", false),
            ("::1", false),
            ("::", false),
            ("fe80::1", false),
            ("fd00:ec2::254", false),
            ("::ffff:10.0.0.1", false),
            ("64:ff9b::7f00:1", false),
            ("2002:7f00:1::", false),
            ("ff02::1", false),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
        }
    }
}
