//! A node's network: addresses that are free on this machine, and a namespace of its own.
//!
//! The whole node lives in one network namespace. So its ports and its iptables rules are its own,
//! two nodes do not meet, nothing in it can reach further than this host, and removing the
//! namespace removes all of it.

mod cidr;
mod in_use;
mod namespace;
mod plan;

pub use in_use::networks_in_use;
pub use namespace::{BRIDGE, ensure, remove};
pub use plan::Plan;
