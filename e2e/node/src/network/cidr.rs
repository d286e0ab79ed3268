//! IPv4 networks as numbers: parsing, overlap, the n-th address.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

/// An IPv4 network. Its host bits are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cidr {
    base: u32,
    length: u8,
}

impl Cidr {
    pub fn new(address: Ipv4Addr, length: u8) -> Result<Self> {
        ensure!(length <= 32, "a prefix length is at most 32, not {length}");
        Ok(Self {
            base: u32::from(address) & mask(length),
            length,
        })
    }

    pub fn length(self) -> u8 {
        self.length
    }

    /// The `n`-th address, counted from the network's own.
    pub fn nth(self, n: u32) -> Ipv4Addr {
        Ipv4Addr::from(self.base + n)
    }

    /// Two networks overlap when the shorter prefix covers the other's base.
    pub fn overlaps(self, other: Self) -> bool {
        let shared = mask(self.length.min(other.length));
        self.base & shared == other.base & shared
    }
}

fn mask(length: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0)
}

impl FromStr for Cidr {
    type Err = anyhow::Error;

    /// Reads `10.0.0.0/8`, or a bare address as a network of one.
    fn from_str(text: &str) -> Result<Self> {
        let (address, length) = text.split_once('/').unwrap_or((text, "32"));
        let address = address
            .parse()
            .with_context(|| format!("{text:?} is no IPv4 network"))?;
        Self::new(
            address,
            length
                .parse()
                .with_context(|| format!("{text:?} has no prefix length"))?,
        )
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Ipv4Addr::from(self.base), self.length)
    }
}

impl TryFrom<String> for Cidr {
    type Error = anyhow::Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Cidr> for String {
    fn from(cidr: Cidr) -> Self {
        cidr.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cidr(text: &str) -> Cidr {
        text.parse().unwrap()
    }

    #[test]
    fn overlap_is_containment_either_way() {
        for (a, b, expected) in [
            ("10.0.0.0/8", "10.180.0.0/16", true),
            ("10.180.0.0/24", "10.180.1.0/24", false),
            ("0.0.0.0/0", "192.0.2.1", true),
            ("10.180.0.7", "10.180.0.0/24", true),
        ] {
            assert_eq!(cidr(a).overlaps(cidr(b)), expected, "{a} {b}");
            assert_eq!(cidr(b).overlaps(cidr(a)), expected, "{b} {a}");
        }
    }

    #[test]
    fn refuses_what_is_no_network() {
        for bad in ["", "default", "10.0.0/8", "10.0.0.0/33", "10.0.0.0/", "::/0"] {
            assert!(bad.parse::<Cidr>().is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn overlap_means_a_shared_address(a: u32, b: u32, la in 20u8..=32, lb in 20u8..=32) {
            // Kept near each other, or overlaps would never be drawn.
            let (a, b) = (a & 0x3fff, b & 0x3fff);
            let (x, y) = (Cidr::new(a.into(), la).unwrap(), Cidr::new(b.into(), lb).unwrap());
            let last = |c: Cidr| u64::from(c.base) + (1u64 << (32 - c.length)) - 1;
            let shared = u64::from(x.base) <= last(y) && u64::from(y.base) <= last(x);
            prop_assert_eq!(x.overlaps(y), shared);
        }

        #[test]
        fn text_and_back(address: u32, length in 0u8..=32) {
            let cidr = Cidr::new(address.into(), length).unwrap();
            prop_assert_eq!(cidr.to_string().parse::<Cidr>().unwrap(), cidr);
        }
    }
}
