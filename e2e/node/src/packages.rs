//! The programs a node needs from the distribution, and their installation where they are missing.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::components::containerd::plugin_folder;
use crate::run::{find_program, output_of};

/// A program and the Debian package that has it.
const PROGRAMS: [(&str, &str); 10] = [
    ("containerd", "containerd"),
    ("ctr", "containerd"),
    ("runc", "runc"),
    ("iptables-restore", "iptables"),
    ("ip", "iproute2"),
    ("conntrack", "conntrack"),
    ("mount", "mount"),
    ("umount", "mount"),
    ("nsenter", "util-linux"),
    ("setsid", "util-linux"),
];

/// Installs what is missing. Says which packages those were.
pub fn ensure() -> Result<String> {
    let missing = missing();
    if missing.is_empty() {
        return Ok("all there".to_owned());
    }
    let list = missing.join(" ");
    if find_program("apt-get").is_none() {
        bail!("these Debian packages, or what corresponds to them here, are needed: {list}");
    }
    apt_get(&["update", "-qq"])?;
    let install = ["install", "-y", "-qq", "--no-install-recommends"];
    apt_get(&[&install[..], &missing].concat())?;
    if let [first, ..] = self::missing()[..] {
        bail!("{first} was installed and yet its programs are not found");
    }
    Ok(format!("installed {list}"))
}

fn missing() -> Vec<&'static str> {
    let absent = PROGRAMS
        .iter()
        .filter(|(program, _)| find_program(program).is_none());
    let mut packages: Vec<&str> = absent.map(|(_, package)| *package).collect();
    if plugin_folder().is_none() {
        packages.push("containernetworking-plugins");
    }
    packages.sort_unstable();
    packages.dedup();
    packages
}

/// `RUNLEVEL=1` keeps the packages from starting services: this node starts its own containerd.
fn apt_get(arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    command
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("RUNLEVEL", "1");
    output_of(&mut command)
        .context("cannot install packages")
        .map(drop)
}
