//! The node's network namespace: made, wired to the host, and taken away again.
//!
//! ```text
//! host  cof-NAME .1 ──veth── .2 eth0  node  cni0 ──veth── pods
//! ```

use anyhow::{Context, Result};

use super::plan::Plan;
use crate::name::{Layout, NodeName};
use crate::run::{run, succeeds};

/// The bridge that pods are attached to, inside the namespace.
pub const BRIDGE: &str = "cni0";

/// A fixed, locally administered address: otherwise the bridge takes its first pod's and loses it with the pod.
const BRIDGE_MAC: &str = "02:c0:ff:e0:00:01";

/// Makes whatever of the namespace is missing. Does nothing on a node that has it all.
pub fn ensure(layout: &Layout, plan: &Plan) -> Result<()> {
    ensure_namespace(layout)?;
    ensure_link(&layout.name, plan).context("cannot link the node's network namespace to the host")?;
    ensure_bridge(&layout.name, plan).context("cannot make the node's pod bridge")
}

/// Removes the namespace, and with it the link, the bridge, the routes and every rule.
pub fn remove(layout: &Layout) -> Result<()> {
    let namespace = layout.name.netns();
    if layout.netns_path().exists() {
        run("ip", ["netns", "delete", &namespace])?;
    }
    // The link outlives its namespace while some process still holds the namespace open.
    let interface = layout.name.host_interface();
    if succeeds("ip", ["link", "show", &interface]) {
        run("ip", ["link", "delete", &interface])?;
    }
    Ok(())
}

fn ensure_namespace(layout: &Layout) -> Result<()> {
    let namespace = layout.name.netns();
    if succeeds("ip", ["netns", "exec", &namespace, "true"]) {
        return Ok(());
    }
    if layout.netns_path().exists() {
        // A name left over from a namespace that is gone.
        run("ip", ["netns", "delete", &namespace])?;
    }
    run("ip", ["netns", "add", &namespace]).map(drop)
}

fn ensure_link(name: &NodeName, plan: &Plan) -> Result<()> {
    let (namespace, host) = (name.netns(), name.host_interface());
    if !succeeds("ip", ["link", "show", &host]) {
        run(
            "ip",
            [
                "link", "add", &host, "type", "veth", "peer", "name", "eth0", "netns", &namespace,
            ],
        )?;
    }
    let length = plan.link.length();
    let node = plan.node().to_string();
    run(
        "ip",
        [
            "addr",
            "replace",
            &format!("{}/{length}", plan.host()),
            "dev",
            &host,
        ],
    )?;
    run("ip", ["link", "set", &host, "up"])?;
    inside(
        name,
        &["addr", "replace", &format!("{node}/{length}"), "dev", "eth0"],
    )?;
    inside(name, &["link", "set", "lo", "up"])?;
    inside(name, &["link", "set", "eth0", "up"])?;
    for reached in [plan.pods, plan.services] {
        run(
            "ip",
            [
                "route",
                "replace",
                &reached.to_string(),
                "via",
                &node,
                "dev",
                &host,
            ],
        )?;
    }
    Ok(())
}

fn ensure_bridge(name: &NodeName, plan: &Plan) -> Result<()> {
    if inside(name, &["link", "show", BRIDGE]).is_err() {
        inside(
            name,
            &["link", "add", BRIDGE, "address", BRIDGE_MAC, "type", "bridge"],
        )?;
    }
    inside(
        name,
        &[
            "addr",
            "replace",
            &format!("{}/{}", plan.gateway(), plan.pods.length()),
            "dev",
            BRIDGE,
        ],
    )?;
    inside(name, &["link", "set", BRIDGE, "up"])?;
    // The node's own processes need a route before kube-proxy's rules can redirect them.
    inside(
        name,
        &["route", "replace", &plan.services.to_string(), "dev", BRIDGE],
    )?;
    for setting in ["ipv4/ip_forward", "bridge/bridge-nf-call-iptables"] {
        let write = format!("echo 1 > /proc/sys/net/{setting}");
        run("ip", ["netns", "exec", &name.netns(), "sh", "-c", &write])
            .with_context(|| format!("cannot set net/{setting} (is br_netfilter available?)"))?;
    }
    Ok(())
}

fn inside(name: &NodeName, arguments: &[&str]) -> Result<()> {
    let namespace = name.netns();
    run("ip", ["-n", &namespace].iter().chain(arguments)).map(drop)
}
