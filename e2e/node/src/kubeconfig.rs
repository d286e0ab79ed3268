//! Credentials files for the node's components and for its administrator.

use std::fs;

use anyhow::{Context, Result};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::name::Layout;
use crate::network::Plan;
use crate::state::write_file;

/// Users that talk to the API server: file name of their kubeconfig, file name of their certificate.
const USERS: [(&str, &str); 5] = [
    ("admin", "admin"),
    ("kubelet", "kubelet-client"),
    ("controller-manager", "controller-manager"),
    ("scheduler", "scheduler"),
    ("proxy", "proxy"),
];

/// The address of the API server as its clients are given it, on the host and on the node alike.
pub fn server(plan: &Plan) -> String {
    format!("https://{}:6443", plan.node())
}

/// Writes one kubeconfig for each user, certificates included, readable by root only.
pub fn write_all(layout: &Layout, plan: &Plan) -> Result<()> {
    for (user, certificate) in USERS {
        let content = kubeconfig(layout, plan, user, certificate)?;
        write_file(&layout.kubeconfig(user), content.as_bytes(), 0o600)?;
    }
    Ok(())
}

fn kubeconfig(layout: &Layout, plan: &Plan, user: &str, certificate: &str) -> Result<String> {
    let name = layout.name.as_str();
    let server = server(plan);
    let authority = encoded(layout, "ca.crt")?;
    let (public, private) = (
        encoded(layout, &format!("{certificate}.crt"))?,
        encoded(layout, &format!("{certificate}.key"))?,
    );
    Ok(format!(
        "apiVersion: v1
kind: Config
current-context: coffer-node-{name}
clusters:
  - name: coffer-node-{name}
    cluster: {{server: \"{server}\", certificate-authority-data: {authority}}}
users:
  - name: {user}
    user: {{client-certificate-data: {public}, client-key-data: {private}}}
contexts:
  - name: coffer-node-{name}
    context: {{cluster: coffer-node-{name}, user: {user}}}
"
    ))
}

fn encoded(layout: &Layout, file: &str) -> Result<String> {
    let path = layout.pki(file);
    let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(BASE64_STANDARD.encode(bytes))
}
