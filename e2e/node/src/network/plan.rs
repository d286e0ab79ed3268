//! Chooses a node's addresses so that they collide with nothing the machine already reaches.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use super::cidr::Cidr;

/// The second byte of the blocks tried, in this order: a corner of 10.0.0.0/8 that is seldom used.
const BLOCKS: std::ops::RangeInclusive<u8> = 180..=249;

/// A node's addresses. Remembered, since certificates and running pods carry them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The host's end is `.1`, the node's `.2`.
    pub link: Cidr,
    pub pods: Cidr,
    pub services: Cidr,
}

impl Plan {
    /// The first block that overlaps nothing in use, or none when all are taken.
    pub fn choose(in_use: &[Cidr]) -> Option<Self> {
        // A default route covers everything and so says nothing about what is taken.
        let taken = |block: Cidr| {
            in_use
                .iter()
                .any(|used| used.length() > 0 && used.overlaps(block))
        };
        BLOCKS
            .filter_map(|n| Cidr::new(Ipv4Addr::new(10, n, 0, 0), 16).ok())
            .find(|block| !taken(*block))
            .and_then(Self::within)
    }

    fn within(block: Cidr) -> Option<Self> {
        Some(Self {
            pods: Cidr::new(block.nth(0), 24).ok()?,
            services: Cidr::new(block.nth(0x8000), 22).ok()?,
            link: Cidr::new(block.nth(0xff00), 30).ok()?,
        })
    }

    pub fn cidrs(&self) -> [Cidr; 3] {
        [self.link, self.pods, self.services]
    }

    pub fn host(&self) -> Ipv4Addr {
        self.link.nth(1)
    }

    pub fn node(&self) -> Ipv4Addr {
        self.link.nth(2)
    }

    /// The bridge's address, which pods have as their gateway.
    pub fn gateway(&self) -> Ipv4Addr {
        self.pods.nth(1)
    }

    /// The service `kubernetes.default`.
    pub fn api_service(&self) -> Ipv4Addr {
        self.services.nth(1)
    }

    /// The service `kube-dns.kube-system`.
    pub fn dns_service(&self) -> Ipv4Addr {
        self.services.nth(10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cidrs(texts: &[&str]) -> Vec<Cidr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn a_default_route_takes_nothing() {
        let plan = Plan::choose(&cidrs(&["0.0.0.0/0", "192.0.2.0/24"])).unwrap();
        assert_eq!(plan.pods.to_string(), "10.180.0.0/24");
        assert_eq!(plan.services.to_string(), "10.180.128.0/22");
        assert_eq!(
            (plan.host(), plan.node()),
            ([10, 180, 255, 1].into(), [10, 180, 255, 2].into())
        );
        assert_eq!(plan.dns_service(), Ipv4Addr::new(10, 180, 128, 10));
    }

    #[test]
    fn steps_over_what_is_taken() {
        let used = cidrs(&["10.180.255.2", "10.181.0.0/16", "10.182.128.0/17"]);
        assert_eq!(Plan::choose(&used).unwrap().pods.to_string(), "10.183.0.0/24");
    }

    #[test]
    fn a_second_node_gets_a_block_of_its_own() {
        let first = Plan::choose(&[]).unwrap();
        let second = Plan::choose(&first.cidrs()).unwrap();
        for mine in second.cidrs() {
            assert!(first.cidrs().iter().all(|theirs| !theirs.overlaps(mine)));
        }
    }

    #[test]
    fn parts_of_a_plan_do_not_overlap() {
        let [link, pods, services] = Plan::choose(&[]).unwrap().cidrs();
        assert!(!link.overlaps(pods) && !link.overlaps(services) && !pods.overlaps(services));
    }

    #[test]
    fn says_so_when_everything_is_taken() {
        assert_eq!(Plan::choose(&cidrs(&["10.0.0.0/8"])), None);
    }
}
