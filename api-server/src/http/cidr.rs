//! Blocks of network addresses (RFC 4632), and which addresses are nobody's on the public network.

use std::{net::IpAddr, str::FromStr};

use thiserror::Error;

/// A block such as `10.0.0.0/8`; a lone address is a block of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    network: u128,
    mask: u128,
    v4: bool,
}

/// Not a block of addresses.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("must be an address or a block of addresses such as 10.0.0.0/8 or fd00::/8")]
pub struct BadCidr;

impl FromStr for Cidr {
    type Err = BadCidr;

    fn from_str(text: &str) -> Result<Self, BadCidr> {
        let (address, length) = text.split_once('/').map_or((text, None), |(a, l)| (a, Some(l)));
        let address: IpAddr = address.parse().map_err(|_| BadCidr)?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let digits = |text: &str| {
            text.bytes()
                .all(|byte| byte.is_ascii_digit())
                .then(|| text.parse().ok())?
        };
        let length: u32 = length.map_or(Some(longest), digits).ok_or(BadCidr)?;
        if length > longest {
            return Err(BadCidr);
        }
        let mask = u128::MAX.checked_shl(longest - length).unwrap_or(0);
        Ok(Self {
            network: number(address) & mask,
            mask,
            v4: address.is_ipv4(),
        })
    }
}

impl Cidr {
    /// Whether `address` lies in it. An IPv4 address that came inside an IPv6 one counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.v4 && number(address) & self.mask == self.network
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

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
    fn blocks_hold_their_addresses_and_no_others() {
        for (block, address, expected) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "::1", false),
            ("192.168.1.7", "192.168.1.7", true),
            ("192.168.1.7", "192.168.1.8", false),
            ("fd00::/8", "fdff::1", true),
            ("::/0", "2001:db8::1", true),
            ("127.0.0.0/8", "::ffff:127.0.0.1", true),
        ] {
            let read: Cidr = block.parse().unwrap();
            assert_eq!(
                read.contains(address.parse().unwrap()),
                expected,
                "{block} {address}"
            );
        }
    }

    #[test]
    fn other_texts_are_no_blocks() {
        for text in [
            "",
            "x",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0.0/",
            "::/129",
            "10.0.0/8",
            "/8",
        ] {
            assert_eq!(text.parse::<Cidr>(), Err(BadCidr), "{text}");
        }
    }

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
