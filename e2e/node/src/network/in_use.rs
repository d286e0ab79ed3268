//! Which IPv4 networks this machine already uses: routes, name servers, and other nodes of ours.

use std::fs;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::cidr::Cidr;
use crate::name::Layout;
use crate::run::run;
use crate::state::State;

#[derive(Deserialize)]
struct Route {
    dst: String,
}

/// Everything a new node must keep clear of.
pub fn networks_in_use() -> Result<Vec<Cidr>> {
    let routes = run("ip", ["-j", "-4", "route", "show", "table", "all"])?;
    let resolver = fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    let mut used = routed(&routes)?;
    used.extend(name_servers(&resolver));
    used.extend(other_nodes());
    Ok(used)
}

fn routed(json: &str) -> Result<Vec<Cidr>> {
    let routes: Vec<Route> = serde_json::from_str(json).context("`ip -j route` gave unexpected JSON")?;
    Ok(routes.iter().filter_map(|route| route.dst.parse().ok()).collect())
}

fn name_servers(resolv_conf: &str) -> Vec<Cidr> {
    let server = |line: &str| line.strip_prefix("nameserver")?.trim().parse().ok();
    resolv_conf.lines().filter_map(server).collect()
}

/// Networks of the other nodes, whose services appear in no routing table while they are down.
fn other_nodes() -> Vec<Cidr> {
    let folders = fs::read_dir(Layout::ROOT).into_iter().flatten().flatten();
    folders
        .filter_map(|folder| State::read(&folder.path()).ok().flatten())
        .flat_map(|s| s.plan.cidrs())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_routes_and_leaves_out_the_default() {
        let json = r#"[{"dst":"default","gateway":"192.0.2.1"},{"dst":"192.0.2.0/24"},{"type":"local","dst":"192.0.2.2"}]"#;
        let found: Vec<String> = routed(json).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(found, ["192.0.2.0/24", "192.0.2.2/32"]);
    }

    #[test]
    fn reads_name_servers() {
        let found = name_servers("search x\nnameserver 10.255.255.53\nnameserver fe80::1\n");
        assert_eq!(found, ["10.255.255.53/32".parse().unwrap()]);
    }
}
